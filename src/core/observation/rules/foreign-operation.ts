/**
 * An Operation that somebody else made in a cluster, with kubectl, Git or another tool, as a row of ours with origin
 * `cluster`.
 *
 *   whose is it   ours: it has our uid, or it carries our annotation at the place of our row, or it stands where a row
 *                 of ours is on its way to, or it is one of ours that has returned (returned.ts). Every other one is
 *                 foreign
 *   the row       has the uid of the resource, and an id that sorts by when the resource was created in the cluster.
 *                 `requestedBy` names the field manager that applied type and target
 *   its life      is folded as for our own (observe.ts): its restore defers our backups, and its copy counts for
 *                 protection. We owe the cluster nothing for it, and no deadline of ours ends it
 *   its event     is recorded once, unless it ended before the cluster was registered, or more than a day ago
 */

import { z } from 'zod';
import type { Cluster } from '../../clusters/rules/cluster.ts';
import { clip } from '../../kernel/rules/condition.ts';
import type { NewEvent } from '../../kernel/rules/event.ts';
import { Id } from '../../kernel/rules/fields.ts';
import { DnsLabel } from '../../kernel/rules/names.ts';
import { Engine, OperationType } from '../../kernel/rules/operation-type.ts';
import type { KnownOperation, Observation, ObservedManager } from '../../operations/rules/observed/observation.ts';
import { observe } from '../../operations/rules/observed/observe.ts';
import { isTerminal, type Operation } from '../../operations/rules/operation.ts';
import { appliedTtl } from './applied-ttl.ts';
import { observationEvent } from './reasons.ts';

/** Of the Operations that had ended before a list showed them, only the newest so many of a cluster are recorded. */
export const maxListedCount = 5_000;

export interface ForeignOperation {
  readonly operation: KnownOperation;
  /** True when it had ended before a list showed it. There may be thousands of these. */
  readonly history: boolean;
  readonly event?: NewEvent | undefined;
}

/** A row of ours that an observation may be about, although the row has no uid yet, or another one. */
export interface OwnOperation {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  /** True when it is on its way and its uid is not known yet. */
  readonly expected: boolean;
  /** True when its cluster is the one that is watched, or another name of the same API server. */
  readonly here: boolean;
  readonly uid?: string | undefined;
  readonly type: OperationType;
  readonly engine: Engine;
  readonly target: string;
}

const Representable = z.object({
  name: DnsLabel,
  namespace: DnsLabel,
  uid: z.string().regex(/^[\x21-\x7e]{1,128}$/),
  spec: z.object({ target: DnsLabel, type: OperationType, engine: Engine }),
});

export function isRepresentable(observation: Observation): boolean {
  return Representable.safeParse(observation).success;
}

/** The id in the resource's annotation; `undefined` when there is none, or it is no UUID. */
export function claimedId({ operationId }: Observation): string | undefined {
  return Id.safeParse(operationId).data;
}

/** A copy of one of our resources under another name is not ours. What has returned to its place is (returned.ts). */
export function isOurs(observation: Observation, own: readonly OwnOperation[]): boolean {
  return own.some(
    ({ id, namespace, name, expected, here }) =>
      here &&
      namespace === observation.namespace &&
      name === observation.name &&
      (expected || id === claimedId(observation)),
  );
}

export interface Discovered {
  readonly observation: Observation;
  readonly cluster: Pick<Cluster, 'id' | 'organizationId' | 'createdAt'>;
  /** Our rows that the observation may be about. */
  readonly own: readonly OwnOperation[];
}

/** `undefined` when no row can hold it. `newId` makes ids that sort by the instant that it is given. */
export function foreignOperation(
  { observation, cluster, own }: Discovered,
  newId: (at: string) => string,
  now: string,
): ForeignOperation | undefined {
  const { data } = Representable.safeParse(observation);
  if (data === undefined) return undefined;
  const { name, namespace, uid, spec } = data;
  const createdAt = between(0, observation.createdAt ?? now, now);
  const by = madeBy(observation, own);
  const parameters = storableParameters(observation.spec?.parameters ?? {});
  const message = clip(`It was made in the cluster by ${by.slice(prefix.length)}.`);
  const made: KnownOperation = {
    id: newId(createdAt),
    organizationId: cluster.organizationId,
    clusterId: cluster.id,
    ...{ name, namespace, uid },
    ...spec,
    parameters,
    ...(spec.type === 'Backup' && spec.engine === 'velero' && appliedTtl(parameters)),
    origin: 'cluster',
    requestedBy: by,
    phase: 'Pending',
    conditions: [{ type: 'Delivered', status: 'True', reason: 'Applied', message, lastTransitionTime: createdAt }],
    outputs: {},
    warnings: [],
    createdAt,
    deliveredAt: createdAt,
    revision: 1,
  };
  const operation = { ...observe(made, observation, now).operation, observedAt: now };
  const ended = isTerminal(operation.phase);
  return {
    operation,
    history: ended && observation.source === 'Listed',
    ...(isWorthAnEvent(operation, cluster.createdAt, now) && { event: seenEvent(operation, now) }),
  };
}

const maxEventAgeMs = 86_400_000;

/** No event for an Operation that ended before the cluster was registered, or more than a day ago. */
function isWorthAnEvent({ phase, finishedAt, createdAt }: Operation, registeredAt: string, now: string): boolean {
  if (!isTerminal(phase)) return true;
  const endedMs = Date.parse(finishedAt ?? createdAt);
  return endedMs >= Date.parse(registeredAt) && endedMs > Date.parse(now) - maxEventAgeMs;
}

function seenEvent(operation: Operation, now: string): NewEvent {
  const { organizationId, clusterId, id, type, namespace, target, requestedBy, phase } = operation;
  const by = requestedBy.slice(prefix.length);
  return observationEvent('Observed', {
    ...{ organizationId, clusterId, operationId: id },
    type: phase === 'Failed' ? 'Warning' : 'Normal',
    message: clip(`${type} of ${namespace}/${target}, made in the cluster by ${by}: ${phase}.`),
    at: now,
  });
}

function between(fromMs: number, at: string, to: string): string {
  return new Date(Math.max(fromMs, Math.min(Date.parse(at), Date.parse(to)))).toISOString();
}

const prefix = 'cluster/';

/** `cluster/<field manager>`, followed by the annotated id when it is of no Operation of ours. */
function madeBy(observation: Observation, own: readonly OwnOperation[]): string {
  const manager = `${prefix}${managerOf(observation.managers ?? [])}`;
  const { operationId } = observation;
  if (operationId === undefined || own.some(({ id, here }) => here && id === claimedId(observation))) return manager;
  return `${manager} (Operation ${word(operationId, 64)} of another control plane)`;
}

/** The field manager that owns type and target of the spec; else the one that wrote any of it last. */
function managerOf(managers: readonly ObservedManager[]): string {
  const newestFirst = managers.toSorted((a, b) => Date.parse(b.at ?? farPast) - Date.parse(a.at ?? farPast));
  const found = newestFirst.find(({ ownsTarget }) => ownsTarget === true) ?? newestFirst[0];
  return found === undefined || found.manager === '' ? 'unknown' : word(found.manager, 128);
}

const farPast = new Date(0).toISOString();

function word(text: string, length: number): string {
  return clip(text.replaceAll(/\p{Cc}/gu, ' '), length);
}

/** As applied, with text that PostgreSQL can store. */
function storableParameters(parameters: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parameters).map(([key, value]) => [clip(key), storable(value)]));
}

function storable(value: unknown): unknown {
  if (typeof value === 'string') return clip(value, 32_768);
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Array.isArray(value) ? value.map(storable) : storableParameters({ ...value });
}
