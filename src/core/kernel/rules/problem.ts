/**
 * The ways in which a request can be refused: code → status and title. The problems that all subjects share are here; a
 * subject declares its own beside them. A use case throws a `Refusal`, and the HTTP edge answers with a problem
 * document (RFC 9457). The status says what the caller does next: change the request (4xx), look at the resource that
 * is in the way (409), read the resource again (412), or wait (503).
 */
export interface Problem {
  readonly code: string;
  readonly status: number;
  readonly title: string;
}
export type ProblemRows = Readonly<Record<string, Omit<Problem, 'code'>>>;

/** The problems that are declared in `rows`, by their codes. */
export function problemsIn<const Rows extends ProblemRows>(
  rows: Rows,
): { readonly [Code in keyof Rows & string]: Problem } {
  return Object.fromEntries(Object.entries(rows).map(([code, row]) => [code, { code, ...row }])) as {
    readonly [Code in keyof Rows & string]: Problem;
  };
}

export const commonProblems = {
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'invalid-request': { status: 400, title: 'The request does not have the documented shape' },
  'not-found': { status: 404, title: 'There is nothing here that this API key may see' },
  'already-exists': { status: 409, title: 'Something else has this name' },
  'in-use': { status: 409, title: 'Something else still refers to the resource' },
  'stale-revision': { status: 412, title: 'The resource has changed since it was read' },
  'rule-violated': { status: 422, title: 'The request is well formed but breaks a rule' },
  'internal-error': { status: 500, title: 'The service failed' },
  'temporarily-unavailable': { status: 503, title: 'The service cannot do this right now' },
} as const satisfies ProblemRows;

const commonProblem = problemsIn(commonProblems);

/** One field that is wrong: a JSON pointer into the body, or `query/<name>`, `header/<name>`, `path/<name>`. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** Thrown by use cases. `message` is for the caller: it contains no secret, no SQL and no file path. */
export class Refusal extends Error {
  readonly problem: Problem;
  readonly code: string;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;
  /** Of `already-exists`: the resource that is in the way, which the caller may see. */
  readonly existingId: string | undefined;

  /** `problem` is the code of a common problem, or one of a subject's own. */
  constructor(
    problem: keyof typeof commonProblems | Problem,
    detail: string,
    more: { errors?: readonly FieldError[]; retryAfterSeconds?: number; existingId?: string | undefined } = {},
  ) {
    super(detail);
    this.name = 'Refusal';
    this.problem = typeof problem === 'string' ? commonProblem[problem] : problem;
    this.code = this.problem.code;
    this.errors = more.errors ?? [];
    this.retryAfterSeconds = more.retryAfterSeconds;
    this.existingId = more.existingId;
  }
}

/** One field breaks a rule. The pointer names the field; the detail says the rule and what to do. */
export function ruleViolated(pointer: string, detail: string): Refusal {
  return new Refusal('rule-violated', detail, { errors: [{ pointer, detail }] });
}

export function notFound(kind: string, id: string): Refusal {
  return new Refusal('not-found', `No ${kind} with id ${id} is visible to this API key.`);
}
