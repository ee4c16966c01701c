// The operator: takes every Operation of an open namespace from validated to terminal. It wakes on changes of
// Operations and of the engine's resources, looks at the whole Operation each time, and does the next step. No polling:
// only Operations that are blocked are looked at again after a while.
//
//   finalizer → Accepted → (Blocked) → materialized → mirrored → terminal;   deleted → engine's resource deleted → gone

import { remove } from './deletes.ts';
import { TERMINAL } from './in-flight.ts';
import type { JsonObject } from './json.ts';
import { at, equal, isObject, listAt, objectAt, text, textsAt } from './json.ts';
import { engineKind, engineResource, OPERATION_LABEL } from './materialize.ts';
import type { Server } from './objects.ts';
import { create, update, withMeta, writeOptions } from './objects.ts';
import { NAMESPACES, shippedType } from './registry.ts';
import { ApiError } from './status.ts';
import type { Change } from './store.ts';
import { templateOf } from './templates.ts';
import type { Timers } from './timers.ts';
import { sizeOf, VELERO_NAMESPACE } from './velero.ts';
import type { Condition, Told, Vocabulary } from './vocabulary.ts';
import { accepted, condition, failed, tell, withTold } from './vocabulary.ts';

export interface OperatorSettings {
  readonly server: Server;
  readonly timers: Timers;
  readonly speed: number;
  readonly vocabulary: Vocabulary;
  readonly requireRestoreApproval: boolean;
}

const FINALIZER = 'ops.vworkspace.io/finalizer';
const MANAGER = 'vworkspace-operator';
/** Milliseconds at speed 1. */
const REACTION_MS = 200;
const RETRY_MS = 1_000;
const BLOCKED_MS = 30_000;
const OTHER_ENGINE_MS = 10_000;

const OPERATIONS = shippedType('operations');
const TARGETS = shippedType('applicationinstances');
const SNAPSHOT_CLASSES = shippedType('volumesnapshotclasses');

/** A namespace is open when it carries the label: the code looks for one, the documents name the other. */
export function isOpen(namespace: JsonObject | undefined, vocabulary: Vocabulary): boolean {
  const label = vocabulary === 'code' ? 'managed-by' : 'app.vworkspace.io/managed-by';
  return text(namespace, 'metadata', 'labels', label) === 'vworkspace';
}

export class Operator {
  readonly #settings: OperatorSettings;
  readonly #waiting = new Map<string, () => void>();
  /** Namespaces of the Operations that have an engine's resource, by uid. */
  readonly #started = new Map<string, string>();

  constructor(settings: OperatorSettings) {
    this.#settings = settings;
    const { store } = settings.server;
    store.listen(OPERATIONS, ({ kind, object }) => {
      if (kind === 'DELETED') this.#started.delete(text(object, 'metadata', 'uid'));
      else this.#look(text(object, 'metadata', 'namespace'), text(object, 'metadata', 'name'), REACTION_MS);
    });
    for (const plural of ['backups', 'restores'])
      store.listen(shippedType(plural), (change) => this.#engineChanged(change));
  }

  #engineChanged({ object }: Change): void {
    const namespace = this.#started.get(text(object, 'metadata', 'labels', OPERATION_LABEL));
    if (namespace !== undefined) this.#look(namespace, text(object, 'metadata', 'name'), REACTION_MS);
  }

  /** One look is enough however many changes ask for it. */
  #look(namespace: string, name: string, milliseconds: number): void {
    const key = `${namespace}/${name}`;
    this.#waiting.get(key)?.();
    const cancel = this.#settings.timers.after(milliseconds / this.#settings.speed, () => {
      this.#waiting.delete(key);
      const object = this.#settings.server.store.get(OPERATIONS, namespace, name);
      try {
        if (object !== undefined) this.#reconcile(object);
      } catch (error) {
        // Its own writes are refused like anybody's, for example while the webhook is down: a controller tries again.
        if (!(error instanceof ApiError)) throw error;
        this.#look(namespace, name, RETRY_MS);
      }
    });
    this.#waiting.set(key, cancel);
  }

  #reconcile(object: JsonObject): void {
    const { server, vocabulary } = this.#settings;
    const namespace = server.store.get(NAMESPACES, '', text(object, 'metadata', 'namespace'));
    const finalizers = textsAt(object, 'metadata', 'finalizers');
    if (at(object, 'metadata', 'deletionTimestamp') !== undefined) {
      if (finalizers.includes(FINALIZER)) this.#finalize(object);
      return;
    }
    if (!isOpen(namespace, vocabulary)) return;
    if (!finalizers.includes(FINALIZER)) {
      update(
        server,
        OPERATIONS,
        object,
        withMeta(object, { finalizers: [...finalizers, FINALIZER] }),
        writeOptions(MANAGER),
      );
      return;
    }
    if (TERMINAL.includes(text(object, 'status', 'phase'))) return;
    const blocked = this.#blocked(object);
    if (blocked !== undefined) {
      this.#tell(object, { phase: 'Pending', conditions: [accepted(vocabulary), blocked] });
      this.#look(text(object, 'metadata', 'namespace'), text(object, 'metadata', 'name'), BLOCKED_MS);
      return;
    }
    const unblocked = this.#unblocked(object);
    if (text(object, 'status', 'engineRef', 'name') === '') this.#start(object, unblocked);
    else this.#mirror(object);
  }

  #unblocked(object: JsonObject): readonly Condition[] {
    const was = listAt(object, 'status', 'conditions').some(
      (each) => text(each, 'type') === 'Blocked' && text(each, 'status') === 'True',
    );
    return was ? [condition('Blocked', false, 'Unblocked')] : [];
  }

  #blocked(object: JsonObject): Condition | undefined {
    if (text(object, 'status', 'engineRef', 'name') !== '') return undefined;
    const { server, requireRestoreApproval, vocabulary } = this.#settings;
    const { store, registry } = server;
    const template = templateOf(text(object, 'spec', 'type'), text(object, 'spec', 'engine'), false);
    const wanted =
      (requireRestoreApproval && template?.approval === true) || at(object, 'spec', 'approvals', 'required') === true;
    if (wanted && text(object, 'spec', 'approvals', 'claim') === '')
      return condition('Blocked', true, 'AwaitingApproval', 'an approval claim is required');
    const name = text(object, 'spec', 'targetRef', 'name');
    const target = store.get(TARGETS, text(object, 'metadata', 'namespace'), name);
    const ready = listAt(target, 'status', 'conditions').some(
      (each) => text(each, 'type') === 'Ready' && text(each, 'status') === 'True',
    );
    if (!ready) return condition('Blocked', true, 'TargetNotReady', `ApplicationInstance "${name}" is not Ready`);
    const kind = engineKind(object);
    if (kind !== undefined && registry.byPlural(kind === 'Backup' ? 'backups' : 'restores') === undefined) {
      return condition('Blocked', true, 'DependencyMissing', `velero.io/${kind} is not served by this cluster`);
    }
    const parameters = objectAt(object, 'spec', 'parameters');
    const snapshotClass = text(parameters, 'csiSnapshotClassName') || text(parameters, 'snapshotClassName');
    if (vocabulary === 'code' || snapshotClass === '' || store.get(SNAPSHOT_CLASSES, '', snapshotClass) !== undefined)
      return undefined;
    return condition('Blocked', true, 'MissingVolumeSnapshotClass', `VolumeSnapshotClass "${snapshotClass}" not found`);
  }

  /** Makes the engine's resource. One of that name that belongs to somebody else fails the Operation. */
  #start(object: JsonObject, unblocked: readonly Condition[]): void {
    const { server, vocabulary, timers, speed } = this.#settings;
    const kind = engineKind(object);
    const name = text(object, 'metadata', 'name');
    const before = [accepted(vocabulary), ...unblocked];
    if (kind === undefined) {
      const engine = text(object, 'spec', 'engine');
      this.#tell(
        object,
        { phase: 'Running', conditions: [...before, condition('Running', true, 'EngineStarted')] },
        { engineRef: { kind: engine, name, namespace: text(object, 'metadata', 'namespace') } },
      );
      timers.after(OTHER_ENGINE_MS / speed, () => this.#finishOther(object));
      return;
    }
    const type = shippedType(kind === 'Backup' ? 'backups' : 'restores');
    const existing = server.store.get(type, VELERO_NAMESPACE, name);
    if (
      existing !== undefined &&
      text(existing, 'metadata', 'labels', OPERATION_LABEL) !== text(object, 'metadata', 'uid')
    ) {
      const told = failed(vocabulary, kind, `Velero${kind}Failed`, `${type.plural}.velero.io "${name}" already exists`);
      this.#tell(object, { ...told, conditions: [...before, ...told.conditions] });
      return;
    }
    this.#started.set(text(object, 'metadata', 'uid'), text(object, 'metadata', 'namespace'));
    const made =
      existing ?? create(server, type, VELERO_NAMESPACE, engineResource(object, kind), writeOptions(MANAGER)).object;
    const told = tell({ kind, object: made, sizeBytes: sizeOf(name) }, vocabulary);
    this.#tell(
      object,
      { ...told, conditions: [...before, ...told.conditions] },
      { engineRef: { kind, name, namespace: VELERO_NAMESPACE } },
    );
  }

  #finishOther(object: JsonObject): void {
    const now = this.#settings.server.store.get(
      OPERATIONS,
      text(object, 'metadata', 'namespace'),
      text(object, 'metadata', 'name'),
    );
    if (now === undefined || text(now, 'metadata', 'uid') !== text(object, 'metadata', 'uid')) return;
    if (at(now, 'metadata', 'deletionTimestamp') !== undefined) return;
    this.#tell(now, {
      phase: 'Succeeded',
      conditions: [condition('Running', false, 'EngineStarted'), condition('Succeeded', true, 'EngineCompleted')],
    });
  }

  #mirror(object: JsonObject): void {
    const { server, vocabulary } = this.#settings;
    const kind = engineKind(object);
    if (kind === undefined) return;
    const name = text(object, 'metadata', 'name');
    const engine = server.store.get(shippedType(kind === 'Backup' ? 'backups' : 'restores'), VELERO_NAMESPACE, name);
    if (engine === undefined) {
      this.#tell(object, failed(vocabulary, kind, 'ExternalDeletion', `velero.io/${kind} "${name}" was deleted`));
      return;
    }
    const progress = at(engine, 'status', 'progress');
    const more: JsonObject = vocabulary === 'documents' && isObject(progress) ? { progress } : {};
    this.#tell(object, tell({ kind, object: engine, sizeBytes: sizeOf(name) }, vocabulary), more);
  }

  /** Deleting an Operation deletes its engine's resource, running or finished, and then lets the Operation go. */
  #finalize(object: JsonObject): void {
    const { server, vocabulary } = this.#settings;
    const kind = engineKind(object);
    const name = text(object, 'metadata', 'name');
    if (kind !== undefined) {
      const type = shippedType(kind === 'Backup' ? 'backups' : 'restores');
      const engine = server.store.get(type, VELERO_NAMESPACE, name);
      if (
        engine !== undefined &&
        text(engine, 'metadata', 'labels', OPERATION_LABEL) === text(object, 'metadata', 'uid')
      ) {
        remove(server, type, engine, { uid: '', resourceVersion: '', dryRun: false });
      }
    }
    const running = !TERMINAL.includes(text(object, 'status', 'phase'));
    if (running && vocabulary === 'documents') {
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

  #tell(object: JsonObject, told: Told, more: JsonObject = {}): void {
    const generation = at(object, 'metadata', 'generation');
    const status = {
      ...withTold(
        objectAt(object, 'status'),
        told,
        typeof generation === 'number' ? generation : 1,
        this.#settings.server.clock.text(),
      ),
      ...more,
    };
    if (equal(status, at(object, 'status'))) return;
    update(this.#settings.server, OPERATIONS, object, { ...object, status }, writeOptions(MANAGER, 'status'));
  }
}
