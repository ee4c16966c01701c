/** The problems of access: callers without a key or a scope, and repeated requests. */
import { type ProblemRows, problemsIn } from '../../kernel/rules/problem.ts';

export const accessProblems = {
  unauthenticated: { status: 401, title: 'A valid API key is needed' },
  forbidden: { status: 403, title: 'The API key lacks the scope for this' },
  'quota-exceeded': { status: 409, title: 'There are as many of these as there may be' },
  'last-administrator': { status: 409, title: 'Nobody could administer the service any more' },
  'request-in-progress': { status: 409, title: 'The same request is still running' },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key was used for another request' },
} as const satisfies ProblemRows;

export const accessProblem = problemsIn(accessProblems);
