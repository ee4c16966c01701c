/** The headers of answers, as components of the document. */
import type { Answer, Json, Media } from './types.ts';

const text = { type: 'string' } as const;

export const headers: Record<string, Json> = {
  RequestId: { description: 'The id of the request, as in the log.', schema: text },
  ETag: { description: 'The revision in quotes, for If-Match.', schema: text, example: '"3"' },
  Location: { description: 'The address of the new resource.', schema: text },
  IdempotencyReplayed: {
    description: 'true: the answer to an earlier request with the same Idempotency-Key.',
    schema: text,
  },
  RetryAfter: {
    description: 'The number of seconds after which a repetition may succeed.',
    schema: { type: 'integer', format: 'int32', minimum: 1 },
  },
  RateLimitPolicy: {
    description:
      'The budgets of the request: so many units (q) in so many seconds (w). Every answer under /v1 to a valid key has it, unless nothing is limited.',
    schema: text,
    example: '"key";q=1000;w=5, "organization";q=2000;w=5',
  },
  RateLimit: {
    description: 'What is left of each budget (r, in units), and in how many seconds it is whole again (t).',
    schema: text,
    example: '"key";r=980;t=1, "organization";r=1975;t=1',
  },
};

const revised = [
  'ApplicationClass',
  'ApplicationInstance',
  'Cluster',
  'Schedule',
  'SavedSchedule',
  'ProtectionPlan',
  'SavedProtectionPlan',
  'Operation',
  'TriggeredOperation',
];

export function headersOf(
  method: string,
  status: string,
  content: Readonly<Record<string, Media>>,
): NonNullable<Answer['headers']> {
  const schema = content['application/json']?.schema;
  const type = typeof schema?.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined;
  const ref = (name: string) => ({ $ref: `#/components/headers/${name}` });
  return {
    'X-Request-Id': ref('RequestId'),
    ...(type !== undefined && revised.includes(type) && { ETag: ref('ETag') }),
    ...(status === '201' && { Location: ref('Location') }),
    ...(method === 'post' && { 'Idempotency-Replayed': ref('IdempotencyReplayed') }),
  };
}
