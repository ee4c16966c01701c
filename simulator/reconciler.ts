// One look of the operator at one Operation: it works out the whole state and does the next step. It knows no end: a
// finished Operation is checked for conflicts and told again at each look, as one that has just finished.
//
//   finalizer → checks → (Blocked) → materialized → mirrored → terminal;   deleted → engine's resource deleted → gone
//
//   finished, and a conflicting Operation is in flight   → Pending, Blocked/ConflictingOperation
//   finished, and the engine's resource is gone          → made and run again, unless it had failed
//   Failed by the engine                                 → the engine's resource is deleted, at each look

import type { Grounds } from './checks.ts';
import { conflictProblem, formProblem } from './checks.ts';
import { remove } from './deletes.ts';
import { TERMINAL } from './in-flight.ts';
import type { JsonObject } from './json.ts';
import { at, equal, isObject, listAt, objectAt, text, textsAt, without } from './json.ts';
import { engineKind, engineResource } from './materialize.ts';
import type { Server } from './objects.ts';
import { create, update, withMeta, writeOptions } from './objects.ts';
import type { ResourceType } from './registry.ts';
import { NAMESPACES, shippedType } from './registry.ts';
import { templateOf } from './templates.ts';
import type { Timers } from './timers.ts';
import { VELERO_NAMESPACE } from './upkeep.ts';
import { sizeOf } from './velero.ts';
import type { Condition, Told, Vocabulary } from './vocabulary.ts';
import { accepted, condition, failed, refused, tell, withTold } from './vocabulary.ts';

export interface OperatorSettings {
  readonly server: Server;
  readonly grounds: Grounds;
  readonly timers: Timers;
  readonly speed: number;
  readonly vocabulary: Vocabulary;
  readonly requireRestoreApproval: boolean;
  readonly runsAgain: 'looked-at' | 'unblocked';
}

/** When the Operation is looked at again without a change: never, after so long, or with back-off. */
export type Next = 'settled' | 'conflict' | 'blocked' | 'failed' | { readonly afterMs: number };

const FINALIZER = 'ops.vworkspace.io/finalizer';
const MANAGER = 'vworkspace-operator';
/** Milliseconds at speed 1. */
const OTHER_ENGINE_MS = 10_000;

const OPERATIONS = shippedType('operations');
const TARGETS = shippedType('applicationinstances');
const SNAPSHOT_CLASSES = shippedType('volumesnapshotclasses');

/** A namespace is open when it carries the label: the code looks for one, the documents name the other. */
export function isOpen(namespace: JsonObject | undefined, vocabulary: Vocabulary): boolean {
  const label = vocabulary === 'code' ? 'managed-by' : 'app.vworkspace.io/managed-by';
  return text(namespace, 'metadata', 'labels', label) === 'vworkspace';
}

const engineType = (kind: 'Backup' | 'Restore'): ResourceType =>
  shippedType(kind === 'Backup' ? 'backups' : 'restores');

const isTrue = (object: JsonObject | undefined, type: string): boolean =>
  listAt(object, 'status', 'conditions').some((each) => text(each, 'type') === type && text(each, 'status') === 'True');

const started = (object: JsonObject): boolean => text(object, 'status', 'engineRef', 'name') !== '';

export class Reconciler {
  readonly #settings: OperatorSettings;
  /** When the work of engines other than Velero ends, by the uid of the Operation. */
  readonly #ends = new Map<string, number>();
  #telling = false;

  constructor(settings: OperatorSettings) {
    this.#settings = settings;
  }

  /** True while it writes a status of its own, which is no news for it. */
  get telling(): boolean {
    return this.#telling;
  }

  look(object: JsonObject): Next {
    const { server, vocabulary } = this.#settings;
    const finalizers = textsAt(object, 'metadata', 'finalizers');
    if (at(object, 'metadata', 'deletionTimestamp') !== undefined) {
      if (finalizers.includes(FINALIZER)) this.#finalize(object);
      return 'settled';
    }
    if (!isOpen(server.store.get(NAMESPACES, '', text(object, 'metadata', 'namespace')), vocabulary)) return 'settled';
    if (!finalizers.includes(FINALIZER)) {
      const held = withMeta(object, { finalizers: [...finalizers, FINALIZER] });
      update(server, OPERATIONS, object, held, writeOptions(MANAGER));
      return 'settled';
    }
    const blocked = started(object) ? undefined : this.#blocked(object);
    if (blocked !== undefined) {
      this.#tell(object, { phase: 'Pending', conditions: [accepted(vocabulary), blocked] });
      return 'blocked';
    }
    const conflict = conflictProblem(this.#settings.grounds, object);
    if (conflict !== '') {
      const conflicting = condition('Blocked', true, 'ConflictingOperation', conflict);
      const isNew = this.#tell(object, { phase: 'Pending', conditions: [refused(vocabulary), conflicting] });
      return isNew ? 'conflict' : 'blocked';
    }
    const unblocked = isTrue(object, 'Blocked') ? [condition('Blocked', false, 'Unblocked')] : [];
    const before = [accepted(vocabulary), ...unblocked];
    const kind = engineKind(object);
    return kind === undefined ? this.#runOther(object, before) : this.#run(object, kind, before);
  }

  /** What keeps an Operation that has not begun from beginning. Of a claim only that there is one. */
  #blocked(object: JsonObject): Condition | undefined {
    const { server, grounds, requireRestoreApproval, vocabulary } = this.#settings;
    const { store, registry } = server;
    const template = templateOf(text(object, 'spec', 'type'), text(object, 'spec', 'engine'), false);
    const wanted =
      (requireRestoreApproval && template?.approval === true) || at(object, 'spec', 'approvals', 'required') === true;
    if (wanted && text(object, 'spec', 'approvals', 'claim') === '')
      return condition('Blocked', true, 'AwaitingApproval', 'an approval claim is required');
    const invalid = formProblem(grounds, object);
    if (invalid !== '') return condition('Blocked', true, 'ValidationFailed', invalid);
    const name = text(object, 'spec', 'targetRef', 'name');
    const target = store.get(TARGETS, text(object, 'metadata', 'namespace'), name);
    if (!isTrue(target, 'Ready'))
      return condition('Blocked', true, 'TargetNotReady', `ApplicationInstance "${name}" is not Ready`);
    const kind = engineKind(object);
    if (kind !== undefined && registry.byPlural(engineType(kind).plural) === undefined)
      return condition('Blocked', true, 'DependencyMissing', `velero.io/${kind} is not served by this cluster`);
    const parameters = objectAt(object, 'spec', 'parameters');
    const snapshotClass = text(parameters, 'csiSnapshotClassName') || text(parameters, 'snapshotClassName');
    if (vocabulary === 'code' || snapshotClass === '' || store.get(SNAPSHOT_CLASSES, '', snapshotClass) !== undefined)
      return undefined;
    return condition('Blocked', true, 'MissingVolumeSnapshotClass', `VolumeSnapshotClass "${snapshotClass}" not found`);
  }

  /** By name alone: a resource of that name that another Operation made is taken for its own. */
  #run(object: JsonObject, kind: 'Backup' | 'Restore', before: readonly Condition[]): Next {
    const { server, vocabulary, runsAgain } = this.#settings;
    const type = engineType(kind);
    const name = text(object, 'metadata', 'name');
    const phase = text(object, 'status', 'phase');
    const existing = server.store.get(type, VELERO_NAMESPACE, name);
    if (existing === undefined && started(object)) {
      const again = isTrue(object, 'Blocked') || (phase === 'Succeeded' && runsAgain === 'looked-at');
      if (!again && phase === 'Succeeded') {
        this.#tell(object, { phase, conditions: before });
        return 'settled';
      }
      if (!again) {
        if (phase === 'Failed') this.#tell(object, { phase, conditions: before });
        else
          this.#tell(object, failed(vocabulary, kind, 'ExternalDeletion', `velero.io/${kind} "${name}" was deleted`));
        return 'failed';
      }
      if (server.registry.byPlural(type.plural) === undefined) return 'settled';
    }
    const engine =
      existing ?? create(server, type, VELERO_NAMESPACE, engineResource(object, kind), writeOptions(MANAGER)).object;
    const told = tell({ kind, object: engine, sizeBytes: sizeOf(name) }, vocabulary);
    const progress = at(engine, 'status', 'progress');
    this.#tell(
      existing === undefined ? begunAgain(object) : object,
      { ...told, conditions: [...before, ...told.conditions] },
      {
        engineRef: { kind, name, namespace: VELERO_NAMESPACE },
        ...(vocabulary === 'documents' && isObject(progress) ? { progress } : {}),
      },
    );
    if (told.phase !== 'Failed') return 'settled';
    remove(server, type, engine, { uid: '', resourceVersion: '', dryRun: false });
    return 'failed';
  }

  #runOther(object: JsonObject, before: readonly Condition[]): Next {
    const { timers, speed } = this.#settings;
    const uid = text(object, 'metadata', 'uid');
    const begins = !started(object) || (isTrue(object, 'Blocked') && !this.#ends.has(uid));
    const end = begins ? timers.now() + OTHER_ENGINE_MS / speed : (this.#ends.get(uid) ?? 0);
    if (end > timers.now()) {
      this.#ends.set(uid, end);
      const [engine, name] = [text(object, 'spec', 'engine'), text(object, 'metadata', 'name')];
      this.#tell(
        begins ? begunAgain(object) : object,
        { phase: 'Running', conditions: [...before, condition('Running', true, 'EngineStarted')] },
        { engineRef: { kind: engine, name, namespace: text(object, 'metadata', 'namespace') } },
      );
      return { afterMs: Math.ceil(end - timers.now()) };
    }
    this.#ends.delete(uid);
    const done = [condition('Running', false, 'EngineStarted'), condition('Succeeded', true, 'EngineCompleted')];
    this.#tell(object, { phase: 'Succeeded', conditions: [...before, ...done] });
    return 'settled';
  }

  /** Deletes the engine's resource of that name, running or finished, and then lets the Operation go. */
  #finalize(object: JsonObject): void {
    const { server, vocabulary } = this.#settings;
    const kind = engineKind(object);
    const name = text(object, 'metadata', 'name');
    const engine = kind && server.store.get(engineType(kind), VELERO_NAMESPACE, name);
    if (kind && engine) remove(server, engineType(kind), engine, { uid: '', resourceVersion: '', dryRun: false });
    if (vocabulary === 'documents' && !TERMINAL.includes(text(object, 'status', 'phase'))) {
      this.#tell(object, {
        phase: 'Cancelled',
        conditions: [condition('Running', false, 'CancelledByUser'), condition('Cancelled', true, 'CancelledByUser')],
      });
    }
    const latest = server.store.get(OPERATIONS, text(object, 'metadata', 'namespace'), name);
    if (latest === undefined) return;
    const left = textsAt(latest, 'metadata', 'finalizers').filter((each) => each !== FINALIZER);
    update(server, OPERATIONS, latest, withMeta(latest, { finalizers: left }), writeOptions(MANAGER));
  }

  /** Whether that changed anything. */
  #tell(object: JsonObject, told: Told, more: JsonObject = {}): boolean {
    const { server } = this.#settings;
    const generation = at(object, 'metadata', 'generation');
    const status = {
      ...withTold(
        objectAt(object, 'status'),
        told,
        typeof generation === 'number' ? generation : 1,
        server.clock.text(),
      ),
      ...more,
    };
    const before = server.store.get(
      OPERATIONS,
      text(object, 'metadata', 'namespace'),
      text(object, 'metadata', 'name'),
    );
    if (before === undefined || equal(status, at(before, 'status'))) return false;
    this.#telling = true;
    try {
      update(server, OPERATIONS, before, { ...before, status }, writeOptions(MANAGER, 'status'));
    } finally {
      this.#telling = false;
    }
    return true;
  }
}

/** A run that begins has not started yet: its start is told anew. */
const begunAgain = (object: JsonObject): JsonObject => ({
  ...object,
  status: without(objectAt(object, 'status'), 'startedAt'),
});
