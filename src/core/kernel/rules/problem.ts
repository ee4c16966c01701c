/**
 * Every way in which a request can be refused: code → status and title. Each subject declares its own problems beside the
 * commonProblem ones here; a use case throws a `Refusal`, and the HTTP edge turns it into a problem document (RFC 9457). The
 * status is chosen by the next step of the reader: 4xx changes the request, 409 looks at what is there, 412 reads again,
 * 503 waits.
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
  'in-use': { status: 409, title: 'Something else still refers to it' },
  'stale-revision': { status: 412, title: 'It has changed since it was read' },
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

/** Thrown by use cases. `message` is for the caller; it holds no secret, no SQL and no path. */
export class Refusal extends Error {
  readonly problem: Problem;
  readonly code: string;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;

  /** `problem` is a commonProblem code, or one of a subject's own problems. */
  constructor(
    problem: keyof typeof commonProblems | Problem,
    detail: string,
    more: { errors?: readonly FieldError[]; retryAfterSeconds?: number } = {},
  ) {
    super(detail);
    this.name = 'Refusal';
    this.problem = typeof problem === 'string' ? commonProblem[problem] : problem;
    this.code = this.problem.code;
    this.errors = more.errors ?? [];
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

/** A rule that one field breaks: the pointer says which, the detail what to do. */
export function ruleViolated(pointer: string, detail: string): Refusal {
  return new Refusal('rule-violated', detail, { errors: [{ pointer, detail }] });
}

export function notFound(kind: string, id: string): Refusal {
  return new Refusal('not-found', `No ${kind} with id ${id} is visible to this API key.`);
}
