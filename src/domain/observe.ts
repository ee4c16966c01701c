/**
 * The fold of what a cluster says into our record of an Operation. Pure, idempotent, and never backwards: a terminal
 * phase stays, conditions are replaced only by ones that changed later, and what is unknown here is kept as it came.
 *
 * Operators differ: a partial failure arrives as Succeeded with Degraded, or as Failed; both are told apart here by
 * their words, and kept as the cluster's phase with the condition Degraded. Cancelled is documented and never set, so
 * the end of a deletion that we asked for is Cancelled by our own knowledge.
 */
import { z } from 'zod';
import { type Condition, clip, withCondition } from './condition.ts';
import { expiry } from './duration.ts';
import type { NewEvent } from './event.ts';
import { isTerminal, type Operation, Phase, type Progress } from './operation.ts';

const Count = z.coerce.number().int().min(0).optional().catch(undefined);
const At = z.iso.datetime({ offset: true }).optional().catch(undefined);
const Words = z.string().transform((text) => clip(text));

/** The part of a resource's status that is read. Whatever does not fit is left out, never an error. */
export const ObservedStatus = z
  .object({
    phase: Phase.optional().catch(undefined),
    startedAt: At,
    finishedAt: At,
    conditions: z
      .array(
        z
          .object({
            type: z.string().min(1).max(316),
            status: z.enum(['True', 'False', 'Unknown']),
            reason: Words.optional(),
            message: Words.optional(),
            lastTransitionTime: At,
            observedGeneration: Count,
          })
          .optional()
          .catch(undefined),
      )
      .optional()
      .catch(undefined),
    progress: z
      .object({ totalItems: Count, itemsBackedUp: Count, itemsRestored: Count, itemsDone: Count })
      .optional()
      .catch(undefined),
    outputs: z.record(z.string(), z.unknown()).optional().catch(undefined),
  })
  .catch({});
export type ObservedStatus = z.infer<typeof ObservedStatus>;

export interface Observation {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** The resource is gone from the cluster. */
  readonly deleted: boolean;
  readonly status: ObservedStatus;
  /** Absent for what was found missing from a list. */
  readonly source?: 'Listed' | 'Watched';
  readonly resourceVersion?: string | undefined;
  readonly generation?: number | undefined;
  readonly createdAt?: string | undefined;
  /** The annotation that joins a resource of ours with our record. */
  readonly operationId?: string | undefined;
  readonly spec?: ObservedSpec | undefined;
  /** Who wrote the spec, by the resource's managed fields; at most sixteen. */
  readonly managers?: readonly ObservedManager[];
}

/** What a resource asks for. What is larger than it may be is left out. */
export interface ObservedSpec {
  readonly type?: string | undefined;
  readonly engine?: string | undefined;
  /** The name in targetRef. */
  readonly target?: string | undefined;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

export interface ObservedManager {
  readonly manager: string;
  readonly operation?: 'Apply' | 'Update' | undefined;
  readonly at?: string | undefined;
}

export interface Observed {
  readonly operation: Operation;
  readonly changed: boolean;
  readonly events: readonly NewEvent[];
}

export function observe(operation: Operation, observation: Observation, now: string): Observed {
  if (operation.uid !== undefined && observation.uid !== operation.uid)
    return { operation, changed: false, events: [] };
  const next = observation.deleted ? gone(operation, now) : merged(operation, observation, now);
  if (same(operation, next)) return { operation, changed: false, events: [] };
  return { operation: { ...next, observedAt: now }, changed: true, events: news(operation, next, now) };
}

function same(a: Operation, b: Operation): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function gone(operation: Operation, now: string): Operation {
  if (isTerminal(operation.phase)) return operation;
  const asked = operation.cancelRequestedAt !== undefined;
  const condition: Condition = {
    type: asked ? 'Cancelled' : 'Failed',
    status: 'True',
    reason: asked ? 'CancelledByUser' : 'ExternalDeletion',
    message: asked
      ? 'The cluster has deleted the resource, as asked.'
      : 'The resource was deleted in the cluster by somebody else.',
    lastTransitionTime: now,
  };
  return {
    ...operation,
    phase: asked ? 'Cancelled' : 'Failed',
    finishedAt: now,
    conditions: [...withCondition(operation.conditions, condition)],
  };
}

function merged(operation: Operation, observation: Observation, now: string): Operation {
  const { status } = observation;
  const phase = nextPhase(operation.phase, status);
  const startedAt = status.startedAt ?? operation.startedAt;
  const ended = isTerminal(phase);
  const finishedAt = operation.finishedAt ?? (ended ? (status.finishedAt ?? now) : undefined);
  const outputs = { ...operation.outputs, ...status.outputs };
  const progress = nextProgress(operation.progress, status);
  const expiresAt =
    operation.type === 'Backup' && operation.ttl !== undefined && phase === 'Succeeded'
      ? expiry(startedAt ?? operation.createdAt, operation.ttl)
      : operation.expiresAt;
  return {
    ...operation,
    uid: observation.uid,
    phase,
    conditions: [...mergedConditions(operation, status, now)],
    outputs,
    warnings: [...new Set([...operation.warnings, ...warningsOf(status)])],
    deliveredAt: operation.deliveredAt ?? now,
    ...(progress !== undefined && { progress }),
    ...(startedAt !== undefined && { startedAt }),
    ...(finishedAt !== undefined && { finishedAt }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

const rank = { Pending: 0, Running: 1, Succeeded: 2, Failed: 2, Cancelled: 2 } as const satisfies Record<Phase, number>;

/** The phase that the resource states, or that its conditions imply; never one that is behind ours. */
function nextPhase(known: Phase, status: ObservedStatus): Phase {
  const stated = status.phase ?? impliedPhase(status);
  return rank[stated] > rank[known] ? stated : known;
}

function impliedPhase(status: ObservedStatus): Phase {
  const holds = (type: string) =>
    status.conditions?.some((condition) => condition?.type === type && condition.status === 'True');
  if (holds('Cancelled')) return 'Cancelled';
  if (holds('Failed')) return 'Failed';
  if (holds('Succeeded')) return 'Succeeded';
  if (holds('Running')) return 'Running';
  return 'Pending';
}

function mergedConditions(operation: Operation, status: ObservedStatus, now: string): readonly Condition[] {
  let conditions: readonly Condition[] = operation.conditions;
  for (const seen of status.conditions ?? []) {
    if (seen === undefined || seen.type === 'Delivered') continue;
    const next: Condition = {
      type: seen.type,
      status: seen.status,
      reason: seen.reason ?? '',
      message: seen.message ?? '',
      lastTransitionTime: seen.lastTransitionTime ?? now,
      ...(seen.observedGeneration !== undefined && { observedGeneration: seen.observedGeneration }),
    };
    const known = conditions.find((condition) => condition.type === next.type);
    if (known !== undefined && Date.parse(known.lastTransitionTime) > Date.parse(next.lastTransitionTime)) continue;
    conditions = withCondition(conditions, next);
  }
  const applied = conditions.some((condition) => condition.type === 'Delivered' && condition.status === 'True');
  if (!applied) {
    conditions = withCondition(conditions, {
      type: 'Delivered',
      status: 'True',
      reason: 'Applied',
      message: 'The resource is in the cluster.',
      lastTransitionTime: now,
    });
  }
  return partialFailure(status) && !conditions.some((condition) => condition.type === 'Degraded')
    ? withCondition(conditions, {
        type: 'Degraded',
        status: 'True',
        reason: 'PartialFailure',
        message: 'The engine could not process everything; see warnings.',
        lastTransitionTime: status.finishedAt ?? now,
      })
    : conditions;
}

function partialFailure(status: ObservedStatus): boolean {
  return (status.conditions ?? []).some(
    (condition) =>
      condition?.status === 'True' &&
      /partially\s*failed/i.test(`${condition.reason ?? ''} ${condition.message ?? ''}`),
  );
}

function nextProgress(known: Progress | undefined, status: ObservedStatus): Progress | undefined {
  const seen = status.progress;
  if (seen === undefined) return known;
  const itemsDone = seen.itemsDone ?? seen.itemsBackedUp ?? seen.itemsRestored;
  const totalItems = seen.totalItems ?? known?.totalItems;
  if (itemsDone === undefined || itemsDone < (known?.itemsDone ?? 0)) return known;
  return { itemsDone, ...(totalItems !== undefined && { totalItems }) };
}

function warningsOf(status: ObservedStatus): readonly string[] {
  const stated = status.outputs?.warnings;
  if (!Array.isArray(stated)) return [];
  return stated.filter((warning): warning is string => typeof warning === 'string').map((warning) => clip(warning));
}

/** One event for each condition that became true, and one for the phase when nothing else told it. */
function news(before: Operation, after: Operation, now: string): readonly NewEvent[] {
  const { organizationId, clusterId, applicationInstanceId, scheduleId, id } = after;
  const base = {
    organizationId,
    clusterId,
    applicationInstanceId,
    operationId: id,
    ...(scheduleId !== undefined && { scheduleId }),
    at: now,
  };
  const events: NewEvent[] = [];
  for (const condition of after.conditions) {
    const known = before.conditions.find((other) => other.type === condition.type);
    if (condition.status !== 'True' || (known?.status === 'True' && known.reason === condition.reason)) continue;
    const type =
      condition.type === 'Failed' || condition.type === 'Degraded' || condition.type === 'Blocked'
        ? 'Warning'
        : 'Normal';
    const message = condition.message === '' ? condition.reason : `${condition.reason}: ${condition.message}`;
    events.push({ ...base, type, reason: condition.type, message });
  }
  if (before.phase !== after.phase && !events.some((event) => event.reason === after.phase)) {
    events.push({
      ...base,
      type: after.phase === 'Failed' ? 'Warning' : 'Normal',
      reason: after.phase,
      message: `The cluster says ${after.phase}.`,
    });
  }
  return events;
}
