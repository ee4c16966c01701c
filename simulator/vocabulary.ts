// How the operator tells what the engine does. Its documents and its code use different reasons and end some things
// differently; a cluster speaks one of the two. Pure: from the engine's resource to a status.
//
//   'documents': New → Pending; PartiallyFailed → Succeeded and Degraded; FailedValidation → Failed, Accepted=False
//   'code':      Running as soon as materialized; PartiallyFailed → Failed with an empty message; FailedValidation stays
//                Running for ever; no counts, no sizes

import type { JsonObject } from './json.ts';
import { at, listAt, objectAt, text } from './json.ts';

export type Vocabulary = 'documents' | 'code';

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

export interface Told {
  readonly phase: string;
  readonly conditions: readonly Condition[];
  readonly outputs?: JsonObject;
}

export const condition = (type: string, value: boolean, reason: string, message = ''): Condition => ({
  type,
  status: value ? 'True' : 'False',
  reason,
  message,
});

export const accepted = (vocabulary: Vocabulary): Condition =>
  condition('Accepted', true, vocabulary === 'documents' ? 'TemplateValidated' : 'AdmissionPassed');

/** What the code says of an Operation that it would not admit now; the documents know no such thing. */
export const refused = (vocabulary: Vocabulary): Condition =>
  vocabulary === 'documents' ? accepted(vocabulary) : condition('Accepted', false, 'ValidationFailed');

const GIB = 2 ** 30;
const REASON_BYTES = 1024;

const clipped = (reason: string): string => Buffer.from(reason).subarray(0, REASON_BYTES).toString('utf8');

export interface EngineView {
  readonly kind: 'Backup' | 'Restore';
  readonly object: JsonObject;
  readonly sizeBytes: number;
}

function outputsOf({ kind, object, sizeBytes }: EngineView, vocabulary: Vocabulary): JsonObject {
  const name = text(object, 'metadata', 'name');
  if (kind === 'Restore') return { restoreName: name };
  if (vocabulary === 'code') return { backupName: name };
  const items = at(object, 'status', 'progress', 'itemsBackedUp');
  return {
    backupName: name,
    backupItemCount: String(items ?? 0),
    backupSizeBytes: String(sizeBytes),
    storageLocation: text(object, 'spec', 'storageLocation'),
  };
}

function inDocuments(view: EngineView): Told {
  const { kind, object, sizeBytes } = view;
  const word = `Velero${kind}`;
  const counted = at(object, 'status', 'progress', kind === 'Backup' ? 'itemsBackedUp' : 'itemsRestored') ?? 0;
  const size = kind === 'Backup' ? `, ${(sizeBytes / GIB).toFixed(1)} GiB` : '';
  const why = text(object, 'status', 'failureReason');
  switch (text(object, 'status', 'phase')) {
    case 'Completed':
      return {
        phase: 'Succeeded',
        outputs: outputsOf(view, 'documents'),
        conditions: [
          condition('Running', false, `${word}Succeeded`),
          condition(
            'Succeeded',
            true,
            `${word}Completed`,
            `velero.io/${kind} completed; ${String(counted)} items${size}`,
          ),
        ],
      };
    case 'PartiallyFailed':
      return {
        phase: 'Succeeded',
        outputs: { ...outputsOf(view, 'documents'), warnings: [why] },
        conditions: [
          condition('Running', false, `${word}PartiallyFailed`),
          condition(
            'Succeeded',
            true,
            `${word}PartiallyFailed`,
            `velero.io/${kind} partially failed; ${String(counted)} items${size}`,
          ),
          condition('Degraded', true, 'PartialFailure', clipped(why)),
        ],
      };
    case 'Failed':
      return {
        phase: 'Failed',
        conditions: [
          condition('Running', false, `${word}Failed`),
          condition('Failed', true, `${word}Failed`, clipped(why)),
        ],
      };
    case 'FailedValidation': {
      const errors = listAt(object, 'status', 'validationErrors').map(String).join('; ');
      return {
        phase: 'Failed',
        conditions: [condition('Accepted', false, `${word}ValidationFailed`, clipped(errors))],
      };
    }
    case '':
    case 'New':
    case 'Queued':
    case 'ReadyToStart':
      return { phase: 'Pending', conditions: [condition('Running', false, 'Pending')] };
    default:
      return { phase: 'Running', conditions: [condition('Running', true, `${word}InProgress`)] };
  }
}

function inCode(view: EngineView): Told {
  const { object } = view;
  const phase = text(object, 'status', 'phase');
  if (phase === 'Completed') {
    return {
      phase: 'Succeeded',
      outputs: outputsOf(view, 'code'),
      conditions: [condition('Running', false, 'EngineStarted'), condition('Succeeded', true, 'EngineCompleted')],
    };
  }
  if (phase === 'Failed' || phase === 'PartiallyFailed') {
    const why = phase === 'Failed' ? clipped(text(object, 'status', 'failureReason')) : '';
    return {
      phase: 'Failed',
      conditions: [condition('Running', false, 'EngineStarted'), condition('Failed', true, 'EngineFailed', why)],
    };
  }
  return {
    phase: 'Running',
    conditions: [condition('Running', true, 'EngineStarted'), condition('Succeeded', false, 'NotYetSucceeded')],
  };
}

export const tell = (view: EngineView, vocabulary: Vocabulary): Told =>
  vocabulary === 'documents' ? inDocuments(view) : inCode(view);

export function failed(vocabulary: Vocabulary, kind: string, documented: string, message: string): Told {
  const reason = vocabulary === 'documents' ? documented : 'EngineFailed';
  const idle = vocabulary === 'documents' ? `Velero${kind}Failed` : 'EngineNotStarted';
  return {
    phase: 'Failed',
    conditions: [condition('Running', false, idle), condition('Failed', true, reason, clipped(message))],
  };
}

/**
 * The status with the conditions laid over it; the transition time moves only with the condition's status. The end is
 * now whenever an end is told.
 */
export function withTold(status: JsonObject, told: Told, generation: number, now: string): JsonObject {
  const conditions = listAt(status, 'conditions').map((each) => objectAt({ each }, 'each'));
  for (const each of told.conditions) {
    const index = conditions.findIndex((old) => text(old, 'type') === each.type);
    const old = conditions[index];
    const lastTransitionTime =
      old !== undefined && text(old, 'status') === each.status ? text(old, 'lastTransitionTime') : now;
    const fresh: JsonObject = { ...each, observedGeneration: generation, lastTransitionTime };
    if (old === undefined) conditions.push(fresh);
    else conditions[index] = fresh;
  }
  const terminal = ['Succeeded', 'Failed', 'Cancelled'].includes(told.phase);
  const started = told.phase === 'Running' && text(status, 'startedAt') === '';
  return {
    ...status,
    phase: told.phase,
    ...(started ? { startedAt: now } : {}),
    ...(terminal ? { finishedAt: now } : {}),
    ...(told.outputs === undefined ? {} : { outputs: told.outputs }),
    conditions,
  };
}
