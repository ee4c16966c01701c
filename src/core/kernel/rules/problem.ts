/**
 * Every way in which a request can be refused, once: code → status and title. A use case throws a `Refusal`; the HTTP
 * edge turns it into a problem document (RFC 9457). The status is chosen by what the reader does next: 4xx changes the
 * request, 409 looks at what is there, 412 reads again, 503 waits.
 */
export const problems = {
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'invalid-request': { status: 400, title: 'The request does not have the documented shape' },
  unauthenticated: { status: 401, title: 'A valid API key is needed' },
  forbidden: { status: 403, title: 'The API key lacks the scope for this' },
  'not-found': { status: 404, title: 'There is nothing here that this API key may see' },
  'method-not-allowed': { status: 405, title: 'This address does not know the method' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'already-exists': { status: 409, title: 'Something else has this name' },
  'in-use': { status: 409, title: 'Something else still refers to it' },
  'request-in-progress': { status: 409, title: 'The same request is still running' },
  'already-finished': { status: 409, title: 'It has already ended' },
  'stale-revision': { status: 412, title: 'It has changed since it was read' },
  'body-too-large': { status: 413, title: 'The body is larger than is accepted' },
  'unsupported-media-type': { status: 415, title: 'Only application/json is understood' },
  'rule-violated': { status: 422, title: 'The request is well formed but breaks a rule' },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key was used for another request' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The address and headers are larger than is accepted' },
  'internal-error': { status: 500, title: 'The service failed' },
  'temporarily-unavailable': { status: 503, title: 'The service cannot do this right now' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemCode = keyof typeof problems;

/** One field that is wrong: a JSON pointer into the body, or `query/<name>`, `header/<name>`, `path/<name>`. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** Thrown by use cases. `message` is for the caller; it holds no secret, no SQL and no path. */
export class Refusal extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    more: { errors?: readonly FieldError[]; retryAfterSeconds?: number } = {},
  ) {
    super(detail);
    this.name = 'Refusal';
    this.code = code;
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
