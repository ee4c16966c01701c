// Approval claims: "vws1." + base64url(json) + "." + hex(HMAC-SHA256(secret, the base64url part)), bound to the
// Operation's name and to an expiry. Verified here as the operator's webhook verifies them.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Json } from './json.ts';
import { at, parseJson, text } from './json.ts';

export const DEFAULT_APPROVAL_SECRET = 'simulated-approval-secret';

/** Why the claim is no proof for this Operation; '' when it is one. */
export function claimProblem(claim: string, operation: string, secret: string, nowSeconds: number): string {
  const [prefix, payload = '', signature = '', ...more] = claim.split('.');
  if (prefix !== 'vws1' || payload === '' || signature === '' || more.length > 0) return 'malformed claim';
  const expected = createHmac('sha256', secret).update(payload).digest();
  const given = /^[0-9a-f]+$/.test(signature) ? Buffer.from(signature, 'hex') : Buffer.alloc(0);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'signature mismatch';
  let body: Json;
  try {
    body = parseJson(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    return 'malformed claim';
  }
  if (at(body, 'v') !== 1) return 'unsupported claim version';
  if (text(body, 'op') !== operation) return `claim is for Operation "${text(body, 'op')}"`;
  const expiry = at(body, 'exp');
  if (typeof expiry !== 'number' || expiry <= nowSeconds) return 'claim has expired';
  return '';
}
