/**
 * Reads the status of a resource in our terms. Operators use two vocabularies, and both are read here:
 *
 *   the phase               is stated, or follows only from the conditions
 *   a partial failure       arrives as Succeeded with Degraded, or as Failed
 *   a deletion we asked for arrives as a failure
 *
 * Unknown conditions and outputs are kept as they came, within limits: 64 conditions, 100 warnings, 64 outputs of 8
 * KiB.
 */

import { z } from 'zod';
import { type Condition, clip } from '../../../kernel/rules/condition.ts';
import { isShallow } from '../../../kernel/rules/json/shallow.ts';
import { ObservedConditions, ObservedCount, ObservedInstant } from '../../../kernel/rules/observed-conditions.ts';
import { Phase, type Progress } from '../operation.ts';
import { isOwnType } from '../reasons.ts';

/** The part of a resource's status that is read. A value that does not fit is left out; it is never an error. */
export const ObservedStatus = z
  .object({
    phase: Phase.optional().catch(undefined),
    startedAt: ObservedInstant,
    finishedAt: ObservedInstant,
    conditions: ObservedConditions,
    progress: z
      .object({
        totalItems: ObservedCount,
        itemsBackedUp: ObservedCount,
        itemsRestored: ObservedCount,
        itemsDone: ObservedCount,
      })
      .optional()
      .catch(undefined),
    outputs: z
      .record(z.string(), z.unknown())
      .refine((outputs) => isShallow(outputs))
      .optional()
      .catch(undefined),
  })
  .catch({});
export type ObservedStatus = z.infer<typeof ObservedStatus>;

export const maxConditionCount = 64;
export const maxWarningCount = 100;
const maxOutputCount = 64;
const maxOutputLength = 8192;
/** Of all outputs together, the warnings among them. */
const maxOutputsLength = 131_072;

/** The phase that the resource states, else the one that its conditions imply. */
export function statedPhase(status: ObservedStatus, cancelRequested: boolean): Phase {
  const phase = status.phase ?? impliedPhase(status);
  const failed = status.conditions?.find((condition) => condition?.type === 'Failed' && condition.status === 'True');
  return phase === 'Failed' && cancelRequested && /delet|cancel|supersed/i.test(failed?.reason ?? '')
    ? 'Cancelled'
    : phase;
}

function impliedPhase(status: ObservedStatus): Phase {
  const is = (type: string, value: Condition['status']) =>
    status.conditions?.find((condition) => condition?.type === type && condition.status === value);
  if (is('Cancelled', 'True')) return 'Cancelled';
  if (is('Failed', 'True')) return 'Failed';
  if (is('Succeeded', 'True')) return 'Succeeded';
  if (/ValidationFailed/.test(is('Accepted', 'False')?.reason ?? '')) return 'Failed';
  return is('Running', 'True') ? 'Running' : 'Pending';
}

/**
 * One condition a type, and none of a type that is ours. Without a transition time in the status, a known
 * condition of the same type and status keeps its own.
 */
export function statedConditions(
  status: ObservedStatus,
  known: readonly Condition[],
  now: string,
): readonly Condition[] {
  const stated = new Map<string, Condition>();
  for (const seen of status.conditions ?? []) {
    if (seen === undefined || isOwnType(seen.type)) continue;
    const before = known.find(({ type, status }) => type === seen.type && status === seen.status);
    stated.set(seen.type, {
      type: seen.type,
      status: seen.status,
      reason: seen.reason ?? '',
      message: seen.message ?? '',
      lastTransitionTime: seen.lastTransitionTime ?? before?.lastTransitionTime ?? now,
      ...(seen.observedGeneration !== undefined && { observedGeneration: seen.observedGeneration }),
    });
  }
  const conditions = [...stated.values()].slice(0, maxConditionCount - 8);
  const partial = conditions.find(isPartialFailure);
  if (partial === undefined || stated.has('Degraded')) return conditions;
  const { lastTransitionTime } = partial;
  const message = partial.message || 'The engine could not process everything; see warnings.';
  return [...conditions, { type: 'Degraded', status: 'True', reason: 'PartialFailure', message, lastTransitionTime }];
}

function isPartialFailure({ status, reason, message }: Condition): boolean {
  return status === 'True' && /partial(ly)?[\s_-]*fail/i.test(`${reason} ${message}`);
}

export function statedProgress({ progress }: ObservedStatus): Progress | undefined {
  const itemsDone = progress?.itemsDone ?? progress?.itemsBackedUp ?? progress?.itemsRestored;
  const totalItems = progress?.totalItems;
  return itemsDone === undefined ? undefined : { itemsDone, ...(totalItems !== undefined && { totalItems }) };
}

/** Leaves out outputs that are too large, and shortens warnings. */
export function statedOutputs({ outputs = {} }: ObservedStatus): Readonly<Record<string, unknown>> {
  const kept = Object.entries(outputs)
    .map(([key, value]) => [clip(key), key === 'warnings' && Array.isArray(value) ? textsIn(value) : storable(value)])
    .filter(([key, value]) => key === 'warnings' || JSON.stringify(value).length <= maxOutputLength);
  let length = 0;
  return Object.fromEntries(
    kept.slice(0, maxOutputCount).filter(([, value]) => {
      const own = JSON.stringify(value).length;
      const fits = length + own <= maxOutputsLength;
      if (fits) length += own;
      return fits;
    }),
  );
}

/** The engine's warnings, which are among the outputs. The API server's are not. */
export function warningsIn({ warnings }: Readonly<Record<string, unknown>>): readonly string[] {
  return Array.isArray(warnings) ? textsIn(warnings) : [];
}

function textsIn(values: readonly unknown[]): readonly string[] {
  return values
    .filter((value): value is string => typeof value === 'string')
    .slice(0, maxWarningCount)
    .map((value) => clip(value));
}

/** The value with text that PostgreSQL can store, at any depth. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return clip(value, maxOutputLength);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [clip(key), storable(inner)]));
}

/** The reason and message of the cluster for this phase; the phase itself when the cluster gives none. */
export function phaseMessage(phase: Phase, conditions: readonly Condition[]): string {
  const stated = conditions.find(({ type, status }) => type === phase && status === 'True');
  const other = conditions.find(({ type, status }) => type === 'Accepted' && status === 'False');
  const { reason, message } = stated ?? other ?? { reason: phase, message: '' };
  return clip([reason, message].filter((words) => words !== '').join(': '));
}
