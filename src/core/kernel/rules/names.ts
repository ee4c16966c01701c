/**
 * Names as Kubernetes and Velero take them. A name that a cluster would refuse is refused here, before anything is
 * stored. Operation names are a function of what they stand for, so every retry on every replica makes the same one.
 */
import { z } from 'zod';

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** An RFC 1123 label: what namespaces are called, and what fits in a label value. */
export const DnsLabel = z
  .string()
  .min(1)
  .max(63)
  .regex(label, 'must be a Kubernetes name: at most 63 of a-z, 0-9 and "-", alphanumeric at both ends')
  .meta({ id: 'DnsLabel', description: 'RFC 1123 label: at most 63 of a-z, 0-9 and "-", alphanumeric at both ends.' });

/** A RFC 1123 subdomain, for the names of storage locations and classes. */
export const DnsSubdomain = z
  .string()
  .min(1)
  .max(253)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    'must be a Kubernetes name: at most 253 of a-z, 0-9, "-" and ".", alphanumeric at both ends of each part',
  )
  .meta({ id: 'DnsSubdomain', description: 'RFC 1123 subdomain: at most 253 of a-z, 0-9, "-" and ".".' });

const maxLength = 63;

/** `2026-05-28T02:00:00.000Z` → `20260528t020000z`. */
export function slotStamp(at: string): string {
  return at
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '')
    .toLowerCase();
}

/**
 * `<target>-<verb>-<stamp>-<suffix>`, the target cut so that the whole has at most 63 characters. The name becomes the
 * Velero Backup's, unique in the cluster's one Velero namespace and in the bucket; the suffix (of the schedule, or of
 * the Operation when nothing recurs) keeps apart what shares a target and a second.
 */
export function operationName(target: string, type: string, at: string, suffix: string): string {
  const tail = `-${type.toLowerCase()}-${slotStamp(at)}-${suffix}`;
  const head = target.slice(0, maxLength - tail.length).replace(/-+$/, '');
  return `${head}${tail}`;
}

/** Whether a name could be that of a fire. Such names are not given to anything else, so that no fire finds its name taken. */
export function isGeneratedName(name: string): boolean {
  return /-[a-z]+-\d{8}t\d{6}z-[0-9a-f]{8}$/.test(name);
}

/** Eight characters that tell UUIDv7s apart: their last, random part. */
export function nameSuffix(id: string): string {
  return id.replaceAll('-', '').slice(-8);
}
