/**
 * Names that Kubernetes and Velero accept. This service refuses any other name before it stores anything. The name of
 * an Operation is a function of its target, type, moment and id, so every retry on every replica makes the same one.
 */
import { z } from 'zod';

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** An RFC 1123 label: the rule for the names of namespaces. It also fits in a label value. */
export const DnsLabel = z
  .string()
  .min(1)
  .max(63)
  .regex(label, 'must be a Kubernetes name: at most 63 of a-z, 0-9 and "-", alphanumeric at both ends')
  .meta({
    id: 'DnsLabel',
    description: 'RFC 1123 label: 1 to 63 characters of a-z, 0-9 and "-", alphanumeric at both ends.',
  });

/** An RFC 1123 subdomain: the rule for the names of storage locations and snapshot classes. */
export const DnsSubdomain = z
  .string()
  .min(1)
  .max(253)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    'must be a Kubernetes name: at most 253 of a-z, 0-9, "-" and ".", alphanumeric at both ends of each part',
  )
  .meta({
    id: 'DnsSubdomain',
    description:
      'RFC 1123 subdomain: 1 to 253 characters of a-z, 0-9, "-" and ".", alphanumeric at both ends of each part.',
  });

const maxLength = 63;

/** `2026-05-28T02:00:00.000Z` → `20260528t020000z`. */
function slotStamp(at: string): string {
  return at
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '')
    .toLowerCase();
}

/**
 * `<target>-<type>-<stamp>-<suffix>`; the target is cut so that the whole has at most 63 characters. Velero's Backup
 * gets the same name, so it must be unique in the cluster's one Velero namespace and in the bucket. The suffix comes
 * from the schedule, or from the Operation when nothing recurs. It tells Operations of one target and one second apart.
 */
export function operationName(target: string, type: string, at: string, suffix: string): string {
  const tail = `-${type.toLowerCase()}-${slotStamp(at)}-${suffix}`;
  const head = target.slice(0, maxLength - tail.length).replace(/-+$/, '');
  return `${head}${tail}`;
}

/** Whether a name looks like that of a fire. Nothing else may have such a name, so no fire finds its name taken. */
export function isGeneratedName(name: string): boolean {
  return /-[a-z]+-\d{8}t\d{6}z-[0-9a-f]{8}$/.test(name);
}

/** The last eight characters of a UUIDv7, which are random. */
export function nameSuffix(id: string): string {
  return id.replaceAll('-', '').slice(-8);
}
