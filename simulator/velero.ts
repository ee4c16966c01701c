// Velero: runs one Backup at a time, Restores beside it, both through their phases with progress. Backups whose data is
// in the bucket come back when only their resource was deleted. Works on timers that exist only while it works.
//
//   Backup:  New → Queued → InProgress → Finalizing → Completed
//                        ↘ FailedValidation   ↘ FinalizingPartiallyFailed → PartiallyFailed   ↘ Failed
//   Restore: New → InProgress → Finalizing → Completed, with the same side exits

import { createHash } from 'node:crypto';
import { goDuration } from './duration.ts';
import type { Faults } from './faults.ts';
import type { Json, JsonObject } from './json.ts';
import { at, objectAt, text } from './json.ts';
import type { Server } from './objects.ts';
import { update, writeOptions } from './objects.ts';
import type { ResourceType } from './registry.ts';
import { shippedType } from './registry.ts';
import type { Change } from './store.ts';
import type { Timers } from './timers.ts';

export const VELERO_NAMESPACE = 'velero';
const STEPS = 5;
/** Milliseconds at speed 1: a backup takes about 20 seconds. */
const START_MS = 1_000;
const STEP_MS = 3_500;
const FINALIZE_MS = 1_500;
const SYNC_MS = 60_000;
const USABLE = ['Completed', 'PartiallyFailed'];

/** A number between low and high that depends on the name alone. */
function steady(name: string, low: number, high: number): number {
  const value = createHash('sha256').update(name).digest().readUInt32BE(0) / 2 ** 32;
  return Math.floor(low + value * (high - low));
}

export const sizeOf = (name: string): number => steady(`size of ${name}`, 200 * 2 ** 20, 40 * 2 ** 30);

interface Work {
  readonly type: ResourceType;
  readonly name: string;
  readonly uid: string;
}

export class Velero {
  readonly #server: Server;
  readonly #timers: Timers;
  readonly #faults: Faults;
  readonly #speed: number;
  readonly #queue: Work[] = [];
  #running: Work | undefined;
  /** Backups whose data is in object storage, by name. */
  readonly #bucket = new Map<string, JsonObject>();

  constructor(server: Server, timers: Timers, faults: Faults, speed: number) {
    this.#server = server;
    this.#timers = timers;
    this.#faults = faults;
    this.#speed = speed;
    for (const plural of ['backups', 'restores'])
      server.store.listen(shippedType(plural), (change) => this.#notice(change));
  }

  #notice({ kind, type, object }: Change): void {
    const work: Work = { type, name: text(object, 'metadata', 'name'), uid: text(object, 'metadata', 'uid') };
    const backup = type.plural === 'backups';
    if (kind === 'ADDED' && text(object, 'status', 'phase') === '') {
      if (backup) this.#queue.push(work);
      this.#after(START_MS / 2, () => (backup ? this.#next(work) : this.#begin(work)));
    }
    if (kind !== 'DELETED') return;
    const index = this.#queue.findIndex((each) => each.uid === work.uid);
    if (index >= 0) this.#queue.splice(index, 1);
    if (this.#running?.uid === work.uid) this.#release();
    const kept = this.#bucket.get(work.name);
    if (backup && kept !== undefined) this.#after(SYNC_MS, () => this.#recreate(kept));
  }

  #after(milliseconds: number, step: () => void): void {
    this.#timers.after(milliseconds / this.#speed, step);
  }

  #recreate(kept: JsonObject): void {
    const { store, registry } = this.#server;
    const type = shippedType('backups');
    if (
      registry.byPlural('backups') === undefined ||
      store.get(type, VELERO_NAMESPACE, text(kept, 'metadata', 'name')) !== undefined
    )
      return;
    store.put(type, {
      ...kept,
      metadata: {
        ...objectAt(kept, 'metadata'),
        uid: crypto.randomUUID(),
        creationTimestamp: this.#server.clock.text(),
      },
    });
  }

  #status(work: Work, status: JsonObject): JsonObject | undefined {
    const before = this.#server.store.get(work.type, VELERO_NAMESPACE, work.name);
    if (before === undefined || text(before, 'metadata', 'uid') !== work.uid) return undefined;
    const next = { ...before, status: { ...objectAt(before, 'status'), ...status } };
    return update(this.#server, work.type, before, next, writeOptions('velero-server')).object;
  }

  /** Takes the next backup of the queue, or marks the newcomer as waiting. */
  #next(newcomer?: Work): void {
    if (this.#running !== undefined) {
      if (newcomer !== undefined)
        this.#status(newcomer, { phase: 'Queued', queuePosition: Math.max(1, this.#queue.indexOf(newcomer) + 1) });
      return;
    }
    const work = this.#queue.shift();
    if (work === undefined) return;
    this.#running = work;
    this.#begin(work);
  }

  #release(): void {
    this.#running = undefined;
    this.#after(START_MS / 2, () => this.#next());
  }

  #problem(work: Work, object: JsonObject): string {
    const { store } = this.#server;
    if (work.type.plural === 'restores') {
      const name = text(object, 'spec', 'backupName');
      const backup = store.get(shippedType('backups'), VELERO_NAMESPACE, name);
      if (backup === undefined) return `Error retrieving backup: Backup.velero.io "${name}" not found`;
      return USABLE.includes(text(backup, 'status', 'phase'))
        ? ''
        : `Error retrieving backup: backup "${name}" is not completed`;
    }
    const ttl = text(object, 'spec', 'ttl');
    const duration = ttl === '' ? 0 : goDuration(ttl);
    if (typeof duration === 'string') return duration;
    const location = text(object, 'spec', 'storageLocation');
    const found = store.get(shippedType('backupstoragelocations'), VELERO_NAMESPACE, location);
    if (found === undefined)
      return `an existing backup storage location was not found: backupstoragelocations.velero.io "${location}" not found`;
    if (text(found, 'status', 'phase') !== 'Available')
      return `backup can't be created because backup storage location ${location} is currently in "${text(found, 'status', 'phase') || 'Unavailable'}" status`;
    return '';
  }

  #begin(work: Work): void {
    const object = this.#server.store.get(work.type, VELERO_NAMESPACE, work.name);
    if (object === undefined || text(object, 'metadata', 'uid') !== work.uid) return;
    const backup = work.type.plural === 'backups';
    const target = { verb: '', resource: work.type.plural, namespace: VELERO_NAMESPACE, name: work.name };
    const fault = this.#faults.take('backup', target);
    const problem =
      fault?.outcome === 'FailedValidation'
        ? (fault.reason ?? 'injected validation failure')
        : this.#problem(work, object);
    if (problem !== '') {
      this.#finish(work, { phase: 'FailedValidation', validationErrors: [problem] });
      return;
    }
    const now = this.#server.clock.now();
    const ttl = goDuration(text(object, 'spec', 'ttl'));
    const expiration: JsonObject =
      backup && typeof ttl === 'number'
        ? { expiration: `${new Date(now + ttl).toISOString().slice(0, 19)}Z`, version: 1, formatVersion: '1.1.0' }
        : {};
    this.#status(work, { phase: 'InProgress', startTimestamp: this.#server.clock.text(), ...expiration });
    if (backup && this.#bucket.has(work.name)) {
      this.#finish(work, { phase: 'Failed', failureReason: 'backup already exists in object storage' });
      return;
    }
    if (fault?.outcome === 'hang') return;
    if (fault?.outcome === 'Failed') {
      this.#after(STEP_MS, () =>
        this.#finish(work, { phase: 'Failed', failureReason: fault.reason ?? 'injected failure', errors: 1 }),
      );
      return;
    }
    this.#step(
      work,
      1,
      fault?.outcome === 'PartiallyFailed' ? (fault.reason ?? 'injected partial failure') : undefined,
    );
  }

  #step(work: Work, step: number, partial: string | undefined): void {
    const total = steady(work.name, 40, 600);
    const counted = work.type.plural === 'backups' ? 'itemsBackedUp' : 'itemsRestored';
    this.#after(STEP_MS, () => {
      const progress: JsonObject = { totalItems: total, [counted]: Math.floor((total * step) / STEPS) };
      if (this.#status(work, { progress }) === undefined) return;
      if (step < STEPS) {
        this.#step(work, step + 1, partial);
        return;
      }
      this.#status(work, { phase: partial === undefined ? 'Finalizing' : 'FinalizingPartiallyFailed' });
      const end: JsonObject =
        partial === undefined
          ? { phase: 'Completed' }
          : { phase: 'PartiallyFailed', errors: 1, warnings: 1, failureReason: partial };
      this.#after(FINALIZE_MS, () => this.#finish(work, end));
    });
  }

  #finish(work: Work, status: JsonObject): void {
    const done: Json =
      at(status, 'phase') === 'FailedValidation' ? {} : { completionTimestamp: this.#server.clock.text() };
    const stored = this.#status(work, { ...status, ...done });
    if (stored !== undefined && work.type.plural === 'backups' && USABLE.includes(text(stored, 'status', 'phase')))
      this.#bucket.set(work.name, stored);
    if (this.#running?.uid === work.uid) this.#release();
  }
}
