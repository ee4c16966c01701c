/**
 * The one place where an API server's answer other than success becomes a ClusterFailure. It decides whether an
 * Operation fails for good or is tried again, so two cautions hold:
 *
 * - Only an API server refuses. A 4xx without its `Status` body comes from something in between (a proxy, a balancer
 *   without a backend). It must not fail an Operation, so it counts as a server error.
 * - Only a mismatch of the uid that we gave means that our resource is gone.
 */

import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import type { ClusterFailure } from '../../core/clusters/rules/failure.ts';
import type { ClusterAnswer } from '../../core/delivery/rules/answer.ts';
import { clip } from '../../core/kernel/rules/condition.ts';
import { type Headers, retryAfterSecondsOf } from './headers.ts';
import { jsonOf } from './json.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** metav1.Status, as far as it is read. The ERROR event of a watch carries the same. */
const Status = z.object({
  kind: z.literal('Status'),
  message: z.string().catch(''),
  reason: z.string().catch(''),
  code: z.int().optional().catch(undefined),
  details: z
    .object({
      kind: z.string().catch(''),
      retryAfterSeconds: z.number().min(0).optional().catch(undefined),
      causes: z.array(z.object({ reason: z.string().catch(''), field: z.string().catch('') })).catch([]),
    })
    .catch({ kind: '', retryAfterSeconds: undefined, causes: [] }),
});
type Status = z.infer<typeof Status>;

type Refused = Extract<ClusterFailure, { kind: 'Refused' }>;

/** `now` (milliseconds since 1970) turns a Retry-After date into seconds. */
export function failureOf(answer: HttpAnswer, now: number): ClusterFailure {
  const parsed = Status.safeParse(jsonOf(answer.text));
  const retryAfterSeconds = retryAfterSecondsOf(answer.headers, now) ?? parsed.data?.details.retryAfterSeconds;
  const words = clip(parsed.data?.message.trim() || answer.text.trim());
  return classify(answer.status, parsed.data, words, retryAfterSeconds, answer.headers['audit-id'] !== undefined);
}

/** The same for an ERROR event within a watch, which has no HTTP status of its own. */
export function streamFailureOf(object: unknown): ClusterFailure & { readonly expired: boolean } {
  const { data } = Status.safeParse(object);
  const status = data?.code ?? 500;
  const expired = status === 410 || data?.reason === 'Expired' || data?.reason === 'Gone';
  return {
    ...classify(status, data, clip(data?.message ?? 'the watch ended with an error'), data?.details.retryAfterSeconds),
    expired,
  };
}

/** For an apply that did not succeed. If its uid was given, a mismatch means that our resource is gone. */
export function applyFailure(answer: HttpAnswer, uidGiven: boolean, now: number): ClusterAnswer {
  const failure = failureOf(answer, now);
  if (!uidGiven || failure.kind !== 'Refused') return failure;
  return failure.reason === 'UidMismatch' || failure.reason === 'NamespaceNotFound' ? { kind: 'Absent' } : failure;
}

/**
 * For a read or a delete that did not succeed. A 404 means that the resource is gone only when an API server says it of
 * the resource. A kind that is not served says nothing: a server that has just started does not know its CRDs yet.
 */
export function readOrDeleteFailure(answer: HttpAnswer, uidGiven: boolean, now: number): ClusterAnswer {
  const failure = failureOf(answer, now);
  if (failure.kind !== 'Refused') return failure;
  if (failure.reason === 'CrdMissing') return failure;
  if (failure.status === 404 && Status.safeParse(jsonOf(answer.text)).success) return { kind: 'Absent' };
  return uidGiven && failure.reason === 'UidMismatch' ? { kind: 'Absent' } : failure;
}

function classify(
  status: number,
  parsed: Status | undefined,
  words: string,
  retryAfterSeconds: number | undefined,
  /** API servers give each answer an Audit-Id, also those whose text is no Status. */
  isAudited = true,
): ClusterFailure {
  const message = words === '' ? `${status} ${STATUS_CODES[status] ?? 'without a message'}` : words;
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  if (status === 429)
    return { kind: 'Throttled', message, ...wait, ...(deniedByAdmission(words) && { untouched: true }) };
  if (status >= 300 && status < 400)
    return {
      kind: 'ServerError',
      message: `The address answers with a redirect (${status}), as no API server does. Redirects are not followed: give the address that it leads to.`,
      notApiServer: true,
    };
  if (status < 400)
    return {
      kind: 'ServerError',
      message: `The address answered ${status} with something other than the resource.`,
      notApiServer: true,
    };
  if (status === 500 && notInSchema.test(words)) return { kind: 'Refused', status, reason: 'Invalid', message };
  if (/failed calling webhook/.test(words))
    return {
      kind: 'ServerError',
      message: `${status} ${STATUS_CODES[status] ?? ''}: ${message}`,
      untouched: true,
      webhookFailing: true,
      ...wait,
    };
  if (status >= 500 || status === 408)
    return {
      kind: 'ServerError',
      message: `${status} ${STATUS_CODES[status] ?? ''}: ${message}`,
      ...wait,
      ...(parsed === undefined && !isAudited && { notApiServer: true }),
    };
  if (status === 404 && words === '404 page not found') return crdMissing(words);
  if (status === 401 && !deniedByAdmission(words)) return { kind: 'CredentialsRejected', message };
  if (parsed === undefined)
    return {
      kind: 'ServerError',
      message: clip(`Something other than an API server answered ${status}: ${message}`),
      ...wait,
      notApiServer: true,
    };
  const reason = reasonOf(status, parsed);
  if (reason === 'Transient') return { kind: 'ServerError', message, ...wait };
  if (reason === 'CrdMissing') return crdMissing(words);
  return { kind: 'Refused', status, reason, message };
}

/** API servers answer 500 to a server-side apply with a field that the CRD does not know, each time it is sent. */
const notInSchema = /failed to create typed patch object|field not declared in schema/;

function crdMissing(words: string): Refused {
  const hint =
    'The cluster does not serve ops.vworkspace.io/v1alpha1 operations; is the vWorkspace operator installed?';
  return { kind: 'Refused', status: 404, reason: 'CrdMissing', message: `${hint} It says: ${words}` };
}

function deniedByAdmission(words: string): boolean {
  return (
    /admission webhook .* denied the request/s.test(words) || /ValidatingAdmissionPolicy .* denied request/s.test(words)
  );
}

/** Whether a denial is about an approval that a Restore does not have. Its quoted names say nothing. */
export function asksForApproval(message: string): boolean {
  const words = message.replaceAll(/"[^"]*"|'[^']*'|`[^`]*`/g, '""');
  return /approv\w*.{0,60}\b(required|missing|needed|demanded|absent|empty)|(requires|needs|demands|without|no|missing|awaiting) (an |a |valid )*approv/i.test(
    words,
  );
}

/** Operators word their denials differently. Quoted text does not count: it holds names, which may be anything. */
function denialOf(message: string): string {
  const words = message.replace(/^.*?denied (the )?request:?/is, '').replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '""');
  if (/conflict|(another|other) operation .*(in[ -]?flight|in progress|running|pending|active)/i.test(words))
    return 'ConflictingOperation';
  if (/(target|applicationinstance).*(not found|does not exist|no such)/is.test(words)) return 'TargetNotFound';
  if (asksForApproval(words)) return 'ApprovalMissing';
  return /capabilit/i.test(words) ? 'CapabilityMissing' : 'AdmissionRejected';
}

/** The status of a new quota is unknown for some seconds. */
const quotaIsFull = /exceeded quota|status unknown for quota/;

/** A CamelCase word for machines. `Transient` never leaves this file: the same request may succeed a moment later. */
function reasonOf(status: number, { message, reason, details }: Status): string {
  const caused = (word: string) => details.causes.some((cause) => cause.reason === word);
  if (deniedByAdmission(message)) return denialOf(message);
  if (caused('NamespaceTerminating') || /because it is being terminated/.test(message)) return 'NamespaceTerminating';
  if (/custom resource definition is terminating/.test(message)) return 'CrdTerminating';
  if (/not yet ready to handle request/.test(message)) return 'Transient';
  if (status === 403) return quotaIsFull.test(message) ? 'QuotaExceeded' : reason || 'Forbidden';
  if (status === 404) {
    if (details.kind === 'namespaces' || /^namespaces? ".*" not found/.test(message)) return 'NamespaceNotFound';
    return /could not find the requested resource/.test(message) ? 'CrdMissing' : reason || 'NotFound';
  }
  if (status === 422 && details.causes.some(({ field }) => field === 'metadata.uid')) return 'UidMismatch';
  if (status === 409) {
    if (caused('FieldManagerConflict')) return 'FieldConflict';
    if (/ResourceVersion in (the )?precondition/i.test(message)) return 'Modified';
    if (/uid mismatch|UID in (the )?precondition/i.test(message)) return 'UidMismatch';
    return /object has been modified|already exists/.test(message) ? 'Transient' : reason || 'Conflict';
  }
  return reason || (status === 422 ? 'Invalid' : (STATUS_CODES[status] ?? 'Refused').replace(/[^A-Za-z]/g, ''));
}
