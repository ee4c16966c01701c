/**
 * The refusals as components of the document. An operation names those that its caller tells apart by their status: not
 * there, in the way of something else, changed meanwhile, a broken rule. `default` stands for all others, which are the
 * same everywhere.
 */
import { problems } from '../kit/refusals/problems.ts';
import type { Answer, Ref } from './types.ts';

const names: Readonly<Record<number, string>> = {
  404: 'NotFound',
  409: 'Conflict',
  412: 'PreconditionFailed',
  422: 'RuleViolated',
};

/** The statuses with which the agent protocol refuses. */
const ofAgents: readonly number[] = [401, 408, 413, 429, 500, 503];
/** The statuses that may carry Retry-After. */
const waits: readonly number[] = [409, 429, 503];

const budgets = {
  'RateLimit-Policy': { $ref: '#/components/headers/RateLimitPolicy' },
  RateLimit: { $ref: '#/components/headers/RateLimit' },
};

/** The answers of an operation that may be refused with these statuses. */
export function refusalsOf(statuses: readonly number[], ofAgent: boolean): Record<string, Ref> {
  const ref = (name: string) => ({ $ref: `#/components/responses/${name}` });
  if (ofAgent) return { default: ref('AgentRefused') };
  const named = statuses.flatMap((status) => {
    const name = names[status];
    return name === undefined ? [] : [[status, ref(name)] as const];
  });
  return { ...Object.fromEntries(named), default: ref('Refused') };
}

function refusal(
  described: (status: number) => boolean,
  type = 'application/problem+json',
  schema = 'Problem',
): Answer {
  const codes = Object.entries(problems).filter(([, { status }]) => described(status));
  return {
    description: codes.map(([code, { status, title }]) => `${status} \`${code}\`: ${title}.`).join(' '),
    headers: {
      'X-Request-Id': { $ref: '#/components/headers/RequestId' },
      ...(waits.some(described) && { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }),
      ...(described(429) && schema === 'Problem' && budgets),
    },
    content: { [type]: { schema: { $ref: `#/components/schemas/${schema}` } } },
  };
}

export const refusals: Record<string, Answer> = {
  ...Object.fromEntries(
    Object.entries(names).map(([named, name]) => [name, refusal((status) => status === Number(named))]),
  ),
  Refused: refusal((status) => names[status] === undefined),
  AgentRefused: refusal((status) => ofAgents.includes(status), 'application/json', 'AgentRefusal'),
};
