// Faults that refuse one request: what the server says instead of what was asked for.

import type { Faults, Target } from './faults.ts';
import type { ResourceType } from './registry.ts';
import type { ResourceRequest } from './reply.ts';
import type { ApiSettings } from './settings.ts';
import { ApiError, failure, modified, plain, statusBody, unauthorized } from './status.ts';

const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

const MESSAGES: Readonly<Record<number, string>> = {
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'request did not complete within the allotted timeout',
};

/** Throws what an active fault answers to any request. */
export function refuse(faults: Faults, target: Target): void {
  if (faults.take('unauthorized', target) !== undefined) throw unauthorized();
  const throttled = faults.take('throttle', target);
  if (throttled !== undefined)
    throw plain(429, 'Too many requests, please try again later.', {
      'Retry-After': String(throttled.retryAfterSeconds ?? 1),
    });
  const broken = faults.take('error', target);
  if (broken === undefined) return;
  const { code, retryAfterSeconds } = broken;
  const message = broken.message ?? MESSAGES[code] ?? 'Internal error occurred: etcdserver: request timed out';
  const again = retryAfterSeconds === undefined ? undefined : { retryAfterSeconds };
  const headers: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) };
  throw new ApiError(code, message, statusBody(code, REASONS[code] ?? 'InternalError', message, again), headers);
}

/** Throws the 409 of a write that somebody else came before. */
export function contest({ server, faults }: ApiSettings, request: ResourceRequest, type: ResourceType): void {
  const { info, contentType, target } = request;
  if (!['update', 'patch', 'delete'].includes(info.verb)) return;
  if (server.store.get(type, type.namespaced ? info.namespace : '', info.name) === undefined) return;
  const apply = contentType.startsWith('application/apply-patch');
  if (apply && info.query.get('force') === 'true') return;
  const conflict = faults.take('conflict', target);
  if (conflict === undefined) return;
  if (!apply) throw modified(type, info.name);
  const message = `conflict with "${conflict.manager ?? 'kubectl-edit'}"`;
  const field = '.spec.parameters';
  throw failure(409, 'Conflict', `Apply failed with 1 conflict: ${message}: ${field}`, {
    causes: [{ reason: 'FieldManagerConflict', message, field }],
  });
}
