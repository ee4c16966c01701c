/**
 * When the credentials of a cluster expire, as they say themselves: the `exp` of a token that is a JWT, and the end of
 * the client certificate. The JWT is not verified, because only the cluster can do that. Any other token says nothing.
 */
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { ClusterAccess } from '../../core/clusters/rules/cluster.ts';
import { instantAt, statedInstant } from '../../core/time/rules/instants.ts';
import { jsonOf } from '../http/json.ts';

export interface CredentialExpiry {
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly of: 'token' | 'clientCertificate';
}

/** Of the credential that expires first; `undefined` when none says when. Pure. */
export function credentialExpiry(
  access: Pick<ClusterAccess, 'token' | 'clientCertificate'>,
): CredentialExpiry | undefined {
  const token = instantOf(tokenEnd(access.token));
  const certificate = instantOf(certificateEnd(access.clientCertificate));
  if (token !== undefined && (certificate === undefined || token <= certificate)) return { at: token, of: 'token' };
  return certificate === undefined ? undefined : { at: certificate, of: 'clientCertificate' };
}

const Claims = z.object({ exp: z.number() });

function tokenEnd(token: string | undefined): number | undefined {
  const [, claims, , ...more] = token?.split('.') ?? [];
  if (claims === undefined || more.length > 0) return undefined;
  const { data } = Claims.safeParse(jsonOf(Buffer.from(claims, 'base64url').toString('utf8')));
  return data === undefined ? undefined : data.exp * 1000;
}

function certificateEnd(pem: string | undefined): number | undefined {
  if (pem === undefined) return undefined;
  try {
    return new X509Certificate(pem).validToDate.getTime();
  } catch {
    return undefined;
  }
}

function instantOf(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined || Number.isNaN(milliseconds) ? undefined : statedInstant(instantAt(milliseconds));
}
