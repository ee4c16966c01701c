// Velero: runs one Backup at a time, Restores beside it, both through their phases with progress. What a Backup took
// lies in object storage from its end on, also when its resource was deleted meanwhile. Works on timers that exist only
// while it works.
//
//   Backup:  New → Queued → InProgress → Finalizing → Completed
//                       ↘ FailedValidation, after more than 30 s   ↘ FinalizingPartiallyFailed → PartiallyFailed   ↘ Failed
//   Restore: New → InProgress → Finalizing → Completed, with the same side exits, but FailedValidation at once, and Failed
//   where the storage has no copy

import { createHash } from 'node:crypto';
import { goDuration } from './duration.ts';
import type { FaultOf } from './fault-kinds.ts';
import type { Faults } from './faults.ts';
import type { JsonObject } from './json.ts';
import { at, objectAt, text } from './json.ts';
import type { Copy, ObjectStorage } from './object-storage.ts';
import type { Server } from './objects.ts';
import { update, withMeta, writeOptions } from './objects.ts';
import type { ResourceType } from './registry.ts';
import { shippedType } from './registry.ts';
import type { Change } from './store.ts';
import { packed, unpacked } from './tarball.ts';
import type { Timers } from './timers.ts';
import { isAvailable, LOCATION_LABEL, USABLE, VELERO_NAMESPACE } from './upkeep.ts';

const STEPS = 5;
/** Milliseconds at speed 1: a backup takes about 20 seconds. */
const START_MS = 1_000;
const STEP_MS = 3_500;
const FINALIZE_MS = 1_500;
const VALIDATION_MS = 35_000;
const ALREADY_THERE = 'backup execution failed: backup already exists in object storage';
const NO_COPY = 'restore execution failed: error downloading backup: NoSuchKey';
/** So many places of the queue are kept up to date. */
const POSITIONS = 20;

/** A number between low and high that depends on the name alone. */
function steady(name: string, low: number, high: number): number {
  const value = createHash('sha256').update(name).digest().readUInt32BE(0) / 2 ** 32;
  return Math.floor(low + value * (high - low));
}

export const sizeOf = (name: string): number => steady(`size of ${name}`, 200 * 2 ** 20, 40 * 2 ** 30);

export interface VeleroSettings {
  readonly server: Server;
  readonly timers: Timers;
  readonly faults: Faults;
  readonly speed: number;
  readonly storage: ObjectStorage;
  readonly backupsAtOnce: number;
}

interface Work {
  readonly type: ResourceType;
  readonly name: string;
  readonly uid: string;
  /** As Velero knows it, whether or not the resource is still there. */
  object: JsonObject;
  /** What it took of the cluster. */
  objects: readonly JsonObject[];
  hangs: boolean;
}

const isBackup = ({ type }: Work): boolean => type.plural === 'backups';
const locationOf = (backup: JsonObject): string => text(backup, 'spec', 'storageLocation');

export class Velero {
  readonly #settings: VeleroSettings;
  readonly #queue: Work[] = [];
  readonly #running = new Set<Work>();

  constructor(settings: VeleroSettings) {
    this.#settings = settings;
    for (const plural of ['backups', 'restores'])
      settings.server.store.listen(shippedType(plural), (change) => this.#notice(change));
  }

  #notice({ kind, type, object }: Change): void {
    const uid = text(object, 'metadata', 'uid');
    if (kind === 'ADDED' && text(object, 'status', 'phase') === '') {
      const name = text(object, 'metadata', 'name');
      const work: Work = { type, name, uid, object, objects: [], hangs: false };
      if (isBackup(work)) this.#queue.push(work);
      this.#after(START_MS / 2, () => (isBackup(work) ? this.#arrive(work) : this.#begin(work)));
    }
    if (kind !== 'DELETED') return;
    const index = this.#queue.findIndex((each) => each.uid === uid);
    if (index >= 0) this.#queue.splice(index, 1);
    // What runs goes on to its end. What hangs has none.
    for (const work of this.#running) if (work.uid === uid && work.hangs) this.#release(work);
  }

  #after(milliseconds: number, step: () => void): void {
    this.#settings.timers.after(milliseconds / this.#settings.speed, step);
  }

  #exists(work: Work): JsonObject | undefined {
    const found = this.#settings.server.store.get(work.type, VELERO_NAMESPACE, work.name);
    return text(found, 'metadata', 'uid') === work.uid ? found : undefined;
  }

  /** What is written of a resource that is gone is known to Velero alone. */
  #status(work: Work, status: JsonObject, labels: JsonObject = {}): void {
    const before = this.#exists(work);
    const known = before ?? work.object;
    const next = withMeta(
      { ...known, status: { ...objectAt(known, 'status'), ...status } },
      { labels: { ...objectAt(known, 'metadata', 'labels'), ...labels } },
    );
    work.object =
      before === undefined
        ? next
        : update(this.#settings.server, work.type, before, next, writeOptions('velero-server')).object;
  }

  #arrive(work: Work): void {
    if (!this.#queue.includes(work)) return;
    this.#status(work, { phase: 'Queued', queuePosition: this.#queue.indexOf(work) + 1 });
    this.#next();
  }

  /** Those that have arrived begin in their order, as far as there is room. */
  #next(): void {
    while (this.#running.size < this.#settings.backupsAtOnce) {
      const [work] = this.#queue;
      if (work === undefined || text(work.object, 'status', 'phase') !== 'Queued') return;
      this.#queue.shift();
      this.#running.add(work);
      this.#begin(work);
      for (const [index, each] of this.#queue.slice(0, POSITIONS).entries())
        if (text(each.object, 'status', 'phase') === 'Queued') this.#status(each, { queuePosition: index + 1 });
    }
  }

  #release(work: Work): void {
    if (this.#running.delete(work)) this.#after(START_MS / 2, () => this.#next());
  }

  #problem(work: Work): string {
    const { server } = this.#settings;
    const { object } = work;
    if (!isBackup(work)) {
      const name = text(object, 'spec', 'backupName');
      const backup = server.store.get(shippedType('backups'), VELERO_NAMESPACE, name);
      if (backup === undefined)
        return `Error retrieving backup: can't find backup ${VELERO_NAMESPACE}/${name}: Backup.velero.io "${name}" not found`;
      const location = locationOf(backup);
      return isAvailable(server, location) ? '' : `The BSL ${location} is unavailable, cannot retrieve the backup`;
    }
    const ttl = text(object, 'spec', 'ttl');
    const duration = ttl === '' ? 0 : goDuration(ttl);
    if (typeof duration === 'string') return duration;
    const location = locationOf(object);
    const found = server.store.get(shippedType('backupstoragelocations'), VELERO_NAMESPACE, location);
    if (found === undefined)
      return `an existing backup storage location was not specified at backup creation time and the default ${location} was not found. Please address this issue (see \`velero backup-location -h\` for options) and create a new backup. Error: BackupStorageLocation.velero.io "${location}" not found`;
    if (isAvailable(server, location)) return '';
    return `backup can't be created because BackupStorageLocation ${location} is in Unavailable status.`;
  }

  #begin(work: Work): void {
    if (this.#exists(work) === undefined) {
      this.#release(work);
      return;
    }
    const { faults, server, storage } = this.#settings;
    const target = { verb: '', resource: work.type.plural, namespace: VELERO_NAMESPACE, name: work.name };
    const fault = faults.take('backup', target);
    const injected = fault?.outcome === 'FailedValidation' ? (fault.reason ?? 'injected validation failure') : '';
    const problem = injected || this.#problem(work);
    if (problem !== '') {
      const refused = { phase: 'FailedValidation', validationErrors: [problem] };
      this.#release(work);
      if (isBackup(work)) this.#after(VALIDATION_MS, () => this.#finish(work, refused));
      else this.#finish(work, refused);
      return;
    }
    const began: JsonObject = { phase: 'InProgress', startTimestamp: server.clock.text() };
    if (!isBackup(work)) {
      this.#status(work, began);
      if (this.#copyFor(work) === undefined) this.#finish(work, { phase: 'Failed', failureReason: NO_COPY });
      else this.#work(work, fault);
      return;
    }
    const ttl = goDuration(text(work.object, 'spec', 'ttl'));
    const end = typeof ttl === 'number' ? new Date(server.clock.now() + ttl).toISOString().slice(0, 19) : '';
    const known: JsonObject = { version: 1, formatVersion: '1.1.0', queuePosition: 0 };
    this.#status(
      work,
      { ...began, ...known, ...(end === '' ? {} : { expiration: `${end}Z` }) },
      { [LOCATION_LABEL]: locationOf(work.object) },
    );
    work.objects = packed(server, work.object);
    if (storage.get(locationOf(work.object), work.name) === undefined) this.#work(work, fault);
    else this.#finish(work, { phase: 'Failed', failureReason: ALREADY_THERE });
  }

  #work(work: Work, fault: FaultOf<'backup'> | undefined): void {
    if (fault?.outcome === 'hang') {
      work.hangs = true;
      return;
    }
    if (fault?.outcome === 'Failed') {
      const failed = { phase: 'Failed', failureReason: fault.reason ?? 'injected failure', errors: 1 };
      this.#after(STEP_MS, () => this.#finish(work, failed));
      return;
    }
    const reason = fault?.reason === undefined ? {} : { failureReason: fault.reason };
    this.#step(work, 1, fault === undefined ? undefined : { errors: 1, warnings: 1, ...reason });
  }

  #step(work: Work, step: number, partial: JsonObject | undefined): void {
    const total = steady(work.name, 40, 600);
    const counted = isBackup(work) ? 'itemsBackedUp' : 'itemsRestored';
    this.#after(STEP_MS, () => {
      const wrong = partial ?? (step === 1 && !isBackup(work) ? this.#restored(work) : undefined);
      this.#status(work, { progress: { totalItems: total, [counted]: Math.floor((total * step) / STEPS) } });
      if (step < STEPS) {
        this.#step(work, step + 1, wrong);
        return;
      }
      this.#status(work, { phase: wrong === undefined ? 'Finalizing' : 'FinalizingPartiallyFailed' });
      const end: JsonObject = wrong === undefined ? { phase: 'Completed' } : { ...wrong, phase: 'PartiallyFailed' };
      this.#after(FINALIZE_MS, () => this.#finish(work, end));
    });
  }

  /** Whatever its Backup says of itself: what counts is what the storage has. */
  #copyFor(work: Work): Copy | undefined {
    const { server, storage } = this.#settings;
    const name = text(work.object, 'spec', 'backupName');
    const backup = server.store.get(shippedType('backups'), VELERO_NAMESPACE, name);
    return backup && storage.get(locationOf(backup), name);
  }

  /** Brings back what is missing; the errors, if there were any. */
  #restored(work: Work): JsonObject | undefined {
    const copy = this.#copyFor(work);
    if (copy === undefined) return { errors: 1 };
    const { errors, warnings } = unpacked(this.#settings.server, work.object, copy);
    if (warnings > 0) this.#status(work, { warnings });
    return errors === 0 ? undefined : { errors, warnings };
  }

  #finish(work: Work, status: JsonObject): void {
    const { server, storage } = this.#settings;
    const done = at(status, 'phase') === 'FailedValidation' ? {} : { completionTimestamp: server.clock.text() };
    this.#status(work, { ...status, ...done });
    if (isBackup(work) && USABLE.includes(text(status, 'phase')))
      storage.put({ backup: work.object, objects: work.objects });
    this.#release(work);
  }
}
