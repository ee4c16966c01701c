// What Velero does beside backups and restores: it makes resources and buckets agree about once a minute, while they
// differ, and collects expired Backups each hour. Both leave a storage location alone that is not Available.
//
//   a copy without a resource → the resource is made, whoever made the copy      a resource whose copy is gone → deleted
//   expired → Deleting → the copy, the Restores from it and the resource are gone

import type { JsonObject } from './json.ts';
import { objectAt, text } from './json.ts';
import type { ObjectStorage } from './object-storage.ts';
import type { Server } from './objects.ts';
import { update, withMeta, writeOptions } from './objects.ts';
import { shippedType } from './registry.ts';
import type { Timers } from './timers.ts';

export const VELERO_NAMESPACE = 'velero';
export const LOCATION_LABEL = 'velero.io/storage-location';
export const USABLE = ['Completed', 'PartiallyFailed'];
const ENDED = [...USABLE, 'Failed', 'FailedValidation'];

/** Milliseconds at speed 1. */
const SYNC_MS = 60_000;
const DELETE_MS = 2_000;
/** By the clock, at any speed. */
const COLLECT_MS = 3_600_000;

const BACKUPS = shippedType('backups');
const RESTORES = shippedType('restores');
const LOCATIONS = shippedType('backupstoragelocations');

export interface UpkeepSettings {
  readonly server: Server;
  readonly timers: Timers;
  readonly speed: number;
  readonly storage: ObjectStorage;
}

const nameOf = (object: JsonObject): string => text(object, 'metadata', 'name');
const locationOf = (backup: JsonObject): string => text(backup, 'spec', 'storageLocation');

export const isAvailable = ({ store }: Server, location: string): boolean =>
  text(store.get(LOCATIONS, VELERO_NAMESPACE, location), 'status', 'phase') === 'Available';

export class Upkeep {
  readonly #settings: UpkeepSettings;
  #syncs = false;
  #collects = false;

  constructor(settings: UpkeepSettings) {
    this.#settings = settings;
    const { server, storage } = settings;
    server.store.listen(BACKUPS, ({ kind, object }) => {
      if (kind !== 'DELETED') this.#awaitCollection();
      else if (storage.get(locationOf(object), nameOf(object)) !== undefined) this.#awaitSync();
    });
    server.store.listen(LOCATIONS, ({ object, before }) => {
      const phase = text(object, 'status', 'phase');
      if (phase === 'Available' && text(before, 'status', 'phase') !== phase) this.#awaitSync();
    });
    storage.listen((location, name) => {
      const here = server.store.get(BACKUPS, VELERO_NAMESPACE, name) !== undefined;
      if (here !== (storage.get(location, name) !== undefined)) this.#awaitSync();
    });
  }

  #awaitSync(): void {
    if (this.#syncs) return;
    this.#syncs = true;
    const { timers, speed } = this.#settings;
    timers.after(SYNC_MS / speed, () => {
      this.#syncs = false;
      this.#sync();
    });
  }

  #sync(): void {
    const { server, storage } = this.#settings;
    if (server.registry.byPlural(BACKUPS.plural) === undefined) {
      this.#awaitSync();
      return;
    }
    for (const each of server.store.list(LOCATIONS, VELERO_NAMESPACE)) {
      const location = nameOf(each);
      if (!isAvailable(server, location)) continue;
      for (const { backup } of storage.list(location))
        if (server.store.get(BACKUPS, VELERO_NAMESPACE, nameOf(backup)) === undefined) this.#recreate(backup);
      for (const backup of server.store.list(BACKUPS, VELERO_NAMESPACE)) {
        const ours = text(backup, 'metadata', 'labels', LOCATION_LABEL) === location;
        const ended = USABLE.includes(text(backup, 'status', 'phase'));
        if (ours && ended && storage.get(location, nameOf(backup)) === undefined) server.store.remove(BACKUPS, backup);
      }
    }
  }

  #recreate(kept: JsonObject): void {
    const { store, clock } = this.#settings.server;
    const labels = { ...objectAt(kept, 'metadata', 'labels'), [LOCATION_LABEL]: locationOf(kept) };
    const fresh = { uid: crypto.randomUUID(), creationTimestamp: clock.text(), namespace: VELERO_NAMESPACE, labels };
    store.put(BACKUPS, withMeta(kept, fresh));
  }

  #awaitCollection(): void {
    if (this.#collects) return;
    this.#collects = true;
    const { timers, server } = this.#settings;
    timers.after(COLLECT_MS, () => {
      this.#collects = false;
      this.#collect();
      if (server.store.list(BACKUPS).length > 0) this.#awaitCollection();
    });
  }

  #collect(): void {
    const { server, timers, speed } = this.#settings;
    const now = server.clock.now();
    for (const backup of server.store.list(BACKUPS, VELERO_NAMESPACE)) {
      const { phase, expiration } = objectAt(backup, 'status');
      const expired = typeof expiration === 'string' && Date.parse(expiration) <= now;
      if (!expired || !ENDED.includes(String(phase)) || !isAvailable(server, locationOf(backup))) continue;
      const deleting = { ...backup, status: { ...objectAt(backup, 'status'), phase: 'Deleting' } };
      update(server, BACKUPS, backup, deleting, writeOptions('velero-server'));
      timers.after(DELETE_MS / speed, () => this.#delete(backup));
    }
  }

  #delete(backup: JsonObject): void {
    const { server, storage } = this.#settings;
    const name = nameOf(backup);
    storage.remove(locationOf(backup), name);
    for (const restore of server.store.list(RESTORES, VELERO_NAMESPACE))
      if (text(restore, 'spec', 'backupName') === name) server.store.remove(RESTORES, restore);
    const latest = server.store.get(BACKUPS, VELERO_NAMESPACE, name);
    if (latest !== undefined && text(latest, 'metadata', 'uid') === text(backup, 'metadata', 'uid'))
      server.store.remove(BACKUPS, latest);
  }
}
