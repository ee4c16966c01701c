// Kubernetes' error answers. Every refusal of the simulated server is an ApiError made here, worded as a real API
// server words it (compared with 1.36), because the product classes failures by code, reason and causes.

import type { Json, JsonObject } from './json.ts';

export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

export interface GroupResource {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

/** An answer that is not a success. `plain` is sent as text/plain, as some refusals of the real server are. */
export class ApiError extends Error {
  readonly code: number;
  readonly body: JsonObject | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** How long the server takes to say so. */
  readonly delayMs: number;
  constructor(
    code: number,
    message: string,
    body?: JsonObject,
    headers: Readonly<Record<string, string>> = {},
    delayMs = 0,
  ) {
    super(message);
    this.code = code;
    this.body = body;
    this.headers = headers;
    this.delayMs = delayMs;
  }
}

export function statusBody(code: number, reason: string, message: string, details?: Json): JsonObject {
  const head: JsonObject = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message };
  return { ...head, ...(reason === '' ? {} : { reason }), ...(details === undefined ? {} : { details }), code };
}

export function failure(code: number, reason: string, message: string, details?: Json): ApiError {
  return new ApiError(code, message, statusBody(code, reason, message, details));
}

export const plain = (code: number, message: string, headers: Readonly<Record<string, string>> = {}): ApiError =>
  new ApiError(code, message, undefined, headers);

const qualified = (of: { readonly group: string; readonly plural: string }): string =>
  of.group === '' ? of.plural : `${of.plural}.${of.group}`;

const detailsOf = (of: { readonly group: string }, kind: string, name: string): JsonObject => ({
  ...(name === '' ? {} : { name }),
  ...(of.group === '' ? {} : { group: of.group }),
  kind,
});

export const pageNotFound = (): ApiError => plain(404, '404 page not found');
export const badRequest = (message: string): ApiError => failure(400, 'BadRequest', message);
export const unauthorized = (): ApiError => failure(401, 'Unauthorized', 'Unauthorized');
export const internal = (message: string): ApiError => failure(500, '', message);
export function internalError(message: string, delayMs = 0): ApiError {
  const whole = `Internal error occurred: ${message}`;
  const body = statusBody(500, 'InternalError', whole, { causes: [{ message }] });
  return new ApiError(500, whole, body, {}, delayMs);
}
export const unknownResource = (): ApiError =>
  failure(404, 'NotFound', 'the server could not find the requested resource', {});
export const methodNotAllowed = (): ApiError =>
  failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

export const unsupportedMethod = (of: GroupResource): ApiError =>
  failure(
    405,
    'MethodNotAllowed',
    ` is not supported on resources of kind "${qualified(of)}"`,
    detailsOf(of, of.plural, ''),
  );

export const notFound = (of: GroupResource, name: string): ApiError =>
  failure(404, 'NotFound', `${qualified(of)} "${name}" not found`, detailsOf(of, of.plural, name));

export const alreadyExists = (of: GroupResource, name: string): ApiError =>
  failure(409, 'AlreadyExists', `${qualified(of)} "${name}" already exists`, detailsOf(of, of.plural, name));

export const conflict = (of: GroupResource, name: string, message: string): ApiError =>
  failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(of)} "${name}": ${message}`,
    detailsOf(of, of.plural, name),
  );

/** A precondition of a delete that does not hold; the real server names the kind, not the resource, here. */
export const preconditionFailed = (of: GroupResource, name: string, message: string): ApiError => {
  const kind = of.group === '' ? of.kind : `${of.kind}.${of.group}`;
  return failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${kind} "${name}": ${message}`,
    detailsOf(of, of.kind, name),
  );
};

export const modified = (of: GroupResource, name: string): ApiError =>
  conflict(of, name, 'the object has been modified; please apply your changes to the latest version and try again');

export const expired = (message: string): ApiError => failure(410, 'Expired', message);

export const notAcceptable = (): ApiError =>
  failure(
    406,
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );

export const unsupportedMediaType = (accepted: readonly string[]): ApiError =>
  failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );

export const tooLarge = (limit: number): ApiError =>
  failure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);

/** 422 with its causes. `repeated` lists each cause twice, as the real server does for checks that it runs twice. */
export function invalid(
  group: string,
  kind: string,
  name: string,
  causes: readonly Cause[],
  repeated = false,
): ApiError {
  const lines = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const joined = lines.length === 1 ? lines.join('') : `[${lines.join(', ')}]`;
  const message = `${group === '' ? kind : `${kind}.${group}`} "${name}" is invalid: ${joined}`;
  const listed: Json[] = (repeated ? [...causes, ...causes] : causes).map((cause) => ({ ...cause }));
  return failure(422, 'Invalid', message, { ...detailsOf({ group }, kind, name), causes: listed });
}

export const invalidOptions = (kind: string, field: string, reason: string, message: string): ApiError =>
  invalid('meta.k8s.io', kind, '', [{ reason, message, field }]);

/** The refusal of a create that would go over a quota of objects. */
export function quotaExceeded(of: GroupResource, name: string, used: number, limit: number): ApiError {
  const counted = `count/${qualified(of)}`;
  const message = `${qualified(of)} "${name}" is forbidden: exceeded quota: object-counts, requested: ${counted}=1, used: ${counted}=${used}, limited: ${counted}=${limit}`;
  return failure(403, 'Forbidden', message, detailsOf(of, of.plural, name));
}

/** The denial of a validating webhook, as the API server passes it on. */
export const webhookDenied = (webhook: string, message: string): ApiError =>
  failure(403, 'Forbidden', `admission webhook "${webhook}" denied the request: ${message}`);
