/**
 * An Operation that somebody else made in a cluster, with kubectl, Git or another tool, as a row of ours: who made it,
 * what it asks for, and what has become of it by the same fold as for our own. Nothing is owed for it and no deadline of
 * ours ends it; it counts where facts count.
 */

import { z } from 'zod';
import type { ResolvedTtl } from '../../applications/rules/retention.ts';
import type { Cluster } from '../../clusters/rules/cluster.ts';
import { clip } from '../../kernel/rules/condition.ts';
import { Ttl } from '../../kernel/rules/duration.ts';
import type { NewEvent } from '../../kernel/rules/event.ts';
import { Id } from '../../kernel/rules/fields.ts';
import { DnsLabel } from '../../kernel/rules/names.ts';
import { Engine, OperationType } from '../../kernel/rules/operation-type.ts';
import { Id } from '../../kernel/rules/shapes.ts';
import type { KnownOperation, Observation, ObservedManager } from '../../operations/rules/observation.ts';
import { observe } from '../../operations/rules/observe.ts';
import { isTerminal, type Operation } from '../../operations/rules/operation.ts';
import { observationEvent } from './reasons.ts';

/** Of the Operations that had ended before they were listed, so many of a cluster are taken: the newest. */
export const maxListedCount = 5_000;

export interface ForeignOperation {
  readonly operation: KnownOperation;
  /** Whether it had ended when a list told of it: one of perhaps thousands. */
  readonly history: boolean;
  readonly event?: NewEvent | undefined;
}

/** A row of ours that an observation may be about although it does not know the resource's uid, or knows another. */
export interface OwnOperation {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  /** It is on its way, and how the cluster calls it is not known yet. */
  readonly expected: boolean;
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

/** The id of ours that the resource claims to carry; `undefined` when it claims none that could be one. */
export function claimedId({ operationId }: Observation): string | undefined {
  return Id.safeParse(operationId).data;
}

/**
 * Whether the resource is one of ours: it carries the annotation of a row of ours at its place, or stands where one of
 * ours is on its way to. A copy of ours under another name is not.
 */
export function isOurs(observation: Observation, own: readonly OwnOperation[]): boolean {
  return own.some(
    ({ id, namespace, name, expected }) =>
      namespace === observation.namespace && name === observation.name && (expected || id === claimedId(observation)),
  );
}

export interface Discovered {
  readonly observation: Observation;
  readonly cluster: Pick<Cluster, 'id' | 'organizationId' | 'createdAt'>;
  /** Rows of ours that it may have to do with. */
  readonly own: readonly OwnOperation[];
}

/** `undefined` for what no row can hold. `newId` makes ids that sort by the instant that they are given. */
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
  const parameters = plainParameters(observation.spec?.parameters ?? {});
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
    ...(isNews(operation, cluster.createdAt, now) && { event: seenEvent(operation, now) }),
  };
}

const newsMs = 86_400_000;

/** What ended before the cluster was registered, or more than a day ago, is history and not news. */
function isNews({ phase, finishedAt, createdAt }: Operation, registeredAt: string, now: string): boolean {
  if (!isTerminal(phase)) return true;
  const endedMs = Date.parse(finishedAt ?? createdAt);
  return endedMs >= Date.parse(registeredAt) && endedMs > Date.parse(now) - newsMs;
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

/** `cluster/<field manager>`; with the annotation of an Operation that is not in this record, that too. */
function madeBy(observation: Observation, own: readonly OwnOperation[]): string {
  const manager = `${prefix}${managerOf(observation.managers ?? [])}`;
  const { operationId } = observation;
  if (operationId === undefined || own.some(({ id }) => id === claimedId(observation))) return manager;
  return `${manager} (Operation ${word(operationId, 64)} of another control plane)`;
}

/** Who owns type and target in the spec; else who wrote any of it last. */
function managerOf(managers: readonly ObservedManager[]): string {
  const newestFirst = managers.toSorted((a, b) => Date.parse(b.at ?? farPast) - Date.parse(a.at ?? farPast));
  const found = newestFirst.find(({ ownsTarget }) => ownsTarget === true) ?? newestFirst[0];
  return found === undefined || found.manager === '' ? 'unknown' : word(found.manager, 128);
}

const farPast = new Date(0).toISOString();

function word(text: string, length: number): string {
  return clip(text.replaceAll(/\p{Cc}/gu, ' '), length);
}

const goDuration = /^(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$/;
const goPart = /(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g;
const hours: Readonly<Record<string, number>> = { h: 1, m: 1 / 60, s: 1 / 3_600 };
const veleros = { ttl: '720h', ttlSource: 'velero' } as const;

/**
 * How long Velero keeps it. `retention` wins over `ttl`, as with the operator; what is no Go duration (`30d`) says
 * nothing. Parts of an hour are left off, so that no copy is believed to live longer than it does.
 */
function appliedTtl({ retention, ttl }: Readonly<Record<string, unknown>>): ResolvedTtl {
  const text = retention ?? ttl;
  if (typeof text !== 'string' || text.length > 64 || !goDuration.test(text)) return veleros;
  let sum = 0;
  for (const [, amount = '0', unit = ''] of text.matchAll(goPart)) sum += Number(amount) * (hours[unit] ?? 0);
  if (sum <= 0) return veleros;
  const { data } = Ttl.safeParse(`${Math.max(1, Math.floor(sum + 1e-6))}h`);
  return data === undefined ? veleros : { ttl: data, ttlSource: 'cluster' };
}

/** As applied, in text that a database takes. */
function plainParameters(parameters: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parameters).map(([key, value]) => [clip(key), plain(value)]));
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return clip(value, 32_768);
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Array.isArray(value) ? value.map(plain) : plainParameters({ ...value });
}
