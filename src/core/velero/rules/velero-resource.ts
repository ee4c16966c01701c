/**
 * Velero's own word about a Backup, a Restore or a storage location: the resource of velero.io as the watch saw it, and
 * what is kept of it. It is read beside the Operation that the operator made it for, and changes nothing there by itself.
 *
 *   there ──► away ──► gone         a Backup that is away may only blink: the operator deletes it, and Velero makes it
 *     ▲________│________│           from the bucket again within a minute (vanished.ts says when it is gone)
 *
 * A name is a copy: Velero makes the resource again under another uid. When somebody makes a new resource of the name,
 * which Velero refuses, the copy that is in the bucket keeps its times and counts. When Velero does not refuse it, because
 * the copy is not in the bucket, the copy is away until the run has made another one.
 */

import { z } from 'zod';
import { clip } from '../../kernel/rules/condition.ts';
import { Id, Instant } from '../../kernel/rules/fields.ts';
import { sameJson } from '../../kernel/rules/json/same-json.ts';

export const VeleroKind = z.enum(['Backup', 'Restore', 'BackupStorageLocation']);
export type VeleroKind = z.infer<typeof VeleroKind>;

const Count = z.int().min(0);

/** What Velero states. */
const Stated = z.object({
  uid: z.string(),
  /** The uid of the Operation that the operator made it for; absent when others made it. */
  operationUid: z.string().optional(),
  /** The application that it is of, as far as its labels say. */
  target: z.string().optional(),
  /** The namespaces that it includes, at most twenty. */
  namespaces: z.array(z.string()),
  /** The Schedule of Velero that made it. */
  veleroSchedule: z.string().optional(),
  /** Of a Restore: the Backup that it restores. */
  backupName: z.string().optional(),
  storageLocation: z.string().optional(),
  phase: z.string(),
  createdAt: Instant.optional(),
  startedAt: Instant.optional(),
  completedAt: Instant.optional(),
  expiresAt: Instant.optional(),
  totalItems: Count.optional(),
  itemsDone: Count.optional(),
  warningCount: Count.optional(),
  errorCount: Count.optional(),
  queuePosition: Count.optional(),
  failureReason: z.string().optional(),
  validationErrors: z.array(z.string()),
  deletingSince: Instant.optional(),
});

/** The row. */
export const VeleroResource = Stated.extend({
  id: Id,
  organizationId: Id,
  clusterId: Id,
  kind: VeleroKind,
  name: z.string(),
  /** A Backup that has been Completed or PartiallyFailed: there is a copy. */
  copied: z.boolean(),
  /** What its phase means for its Operation has been recorded there. */
  told: z.boolean(),
  firstSeenAt: Instant,
  /** When Velero stated something new last. */
  seenAt: Instant,
  awayAt: Instant.optional(),
  goneAt: Instant.optional(),
});
export type VeleroResource = z.infer<typeof VeleroResource>;

/** The row, and when the resource was known to be there last. */
export type SeenWord = VeleroResource & { readonly lastSeenAt: string };

/** A resource in a list or a watch. */
export interface ObservedVelero extends z.infer<typeof Stated> {
  readonly kind: VeleroKind;
  readonly name: string;
  readonly namespace: string;
  readonly deleted: boolean;
}

const usable: ReadonlySet<string> = new Set(['Completed', 'PartiallyFailed']);
const ended: ReadonlySet<string> = new Set([...usable, 'Failed', 'FailedValidation']);

const isUsable = ({ phase }: { readonly phase: string }) => usable.has(phase);
export const hasEnded = ({ phase }: { readonly phase: string }) => ended.has(phase);

const Nameable = z.object({
  name: z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/),
  uid: z.string().regex(/^[\x21-\x7e]{1,128}$/),
});

/** The row after an observation; `undefined` when nothing changes, or no row can hold it. */
export function recorded(
  known: VeleroResource | undefined,
  seen: ObservedVelero,
  made: Pick<VeleroResource, 'id' | 'organizationId' | 'clusterId'>,
  now: string,
): VeleroResource | undefined {
  if (seen.deleted) return known?.uid === seen.uid ? markedAway(known, now) : undefined;
  if (!Nameable.safeParse(seen).success) return undefined;
  const { namespace: _, deleted: __, ...stated } = seen;
  const { id, organizationId, clusterId } = known ?? made;
  const next: VeleroResource = {
    ...stated,
    ...(known?.copied === true && !isUsable(seen) && factsOfCopy(known)),
    ...{ id, organizationId, clusterId },
    copied: seen.kind === 'Backup' && (known?.copied === true || isUsable(seen)),
    told: known?.told === true && known.phase === seen.phase && known.uid === seen.uid,
    firstSeenAt: known?.firstSeenAt ?? now,
    seenAt: now,
    ...(known !== undefined && isRunAgain(known, seen) && absenceOf(known, now)),
  };
  return known !== undefined && isUnchanged(known, next) ? undefined : next;
}

/** The row once the resource is not there; `undefined` when that was known. A Restore leaves nothing that could blink. */
export function markedAway(known: VeleroResource, now: string): VeleroResource | undefined {
  if (known.awayAt !== undefined || known.goneAt !== undefined) return undefined;
  return { ...known, awayAt: now, ...(known.kind !== 'Backup' && { goneAt: now }) };
}

/** A run under the name of a copy is no copy yet: that one is usable, or Velero's refusal, shows that there is one. */
function isRunAgain(known: VeleroResource, seen: ObservedVelero): boolean {
  const isThere = isUsable(seen) || /already exists in object storage/.test(seen.failureReason ?? '');
  if (!known.copied || isThere || seen.phase === 'Deleting') return false;
  return known.awayAt !== undefined || known.uid !== seen.uid;
}

function absenceOf({ awayAt, goneAt }: VeleroResource, now: string) {
  return { awayAt: awayAt ?? now, ...(goneAt !== undefined && { goneAt }) };
}

function factsOfCopy(known: VeleroResource) {
  const { startedAt, completedAt, expiresAt, totalItems, itemsDone, warningCount, errorCount } = known;
  return { startedAt, completedAt, expiresAt, totalItems, itemsDone, warningCount, errorCount };
}

function isUnchanged({ seenAt: _, ...known }: VeleroResource, { seenAt: __, ...next }: VeleroResource): boolean {
  return sameJson(known, next);
}

/** For people: how it ended, in Velero's words. */
export function wordsOf({
  phase,
  ...word
}: Pick<
  VeleroResource,
  'phase' | 'failureReason' | 'validationErrors' | 'errorCount' | 'warningCount' | 'totalItems' | 'itemsDone'
>): string {
  const counted = (count: number | undefined, one: string, many: string) =>
    count === undefined ? [] : [`${count} ${count === 1 ? one : many}`];
  const counts = [
    ...counted(word.errorCount, 'error', 'errors'),
    ...counted(word.warningCount, 'warning', 'warnings'),
    ...counted(word.totalItems ?? word.itemsDone, 'item', 'items'),
  ].join(', ');
  const reasons = [...word.validationErrors, ...(word.failureReason === undefined ? [] : [word.failureReason])];
  const head = counts === '' ? `Velero states ${phase}` : `Velero states ${phase} (${counts})`;
  return clip(reasons.length === 0 ? `${head}.` : `${head}: ${reasons.join('; ')}`);
}
