/** The refusals as components of the document: one for each status, and one more in the format of the agent protocol. */
import { problems } from '../kit/problems.ts';
import type { Answer } from './types.ts';

const names: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthenticated',
  403: 'Forbidden',
  404: 'NotFound',
  408: 'RequestTimeout',
  409: 'Conflict',
  412: 'PreconditionFailed',
  413: 'BodyTooLarge',
  415: 'UnsupportedMediaType',
  422: 'RuleViolated',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'Unavailable',
};

export function refusalName(status: number, prefix: '' | 'Agent' = ''): string {
  const name = names[status];
  if (name === undefined) throw new Error(`No name for refusals with status ${status}.`);
  return `${prefix}${name}`;
}

/** The statuses that may carry Retry-After. */
const waits: readonly number[] = [409, 429, 503];

function refusal(status: number, type = 'application/problem+json', schema = 'Problem'): Answer {
  const codes = Object.entries(problems).filter(([, problem]) => problem.status === status);
  const retry = { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } };
  return {
    description: codes.map(([code, { title }]) => `\`${code}\`: ${title}.`).join(' '),
    headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' }, ...(waits.includes(status) && retry) },
    content: { [type]: { schema: { $ref: `#/components/schemas/${schema}` } } },
  };
}

export const refusals: Record<string, Answer> = Object.fromEntries(
  Object.entries(names).flatMap(([status, name]) => [
    [name, refusal(Number(status))],
    [`Agent${name}`, refusal(Number(status), 'application/json', 'AgentRefusal')],
  ]),
);
