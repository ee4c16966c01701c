// The operator's other controller: an ApplicationInstance that nobody has told anything about becomes Ready, as one that
// a restore brought back does. What others say of it stays.

import type { JsonObject } from './json.ts';
import { at, text } from './json.ts';
import type { Server } from './objects.ts';
import { update, writeOptions } from './objects.ts';
import { isOpen } from './reconciler.ts';
import { NAMESPACES, shippedType } from './registry.ts';
import type { Timers } from './timers.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Milliseconds at speed 1. */
const READY_MS = 3_000;
const APPLICATIONS = shippedType('applicationinstances');

export interface ApplicationSettings {
  readonly server: Server;
  readonly timers: Timers;
  readonly speed: number;
  readonly vocabulary: Vocabulary;
  /** False while the operator's process is down. */
  readonly up: () => boolean;
}

export function tendApplications({ server, timers, speed, vocabulary, up }: ApplicationSettings): void {
  const look = (namespace: string, name: string): void => {
    const object = server.store.get(APPLICATIONS, namespace, name);
    if (object === undefined || at(object, 'status') !== undefined) return;
    if (!isOpen(server.store.get(NAMESPACES, '', namespace), vocabulary)) return;
    if (!up()) {
      timers.after(READY_MS / speed, () => look(namespace, name));
      return;
    }
    const now = server.clock.text();
    const condition = (type: string, status: string): JsonObject => ({
      ...{ type, status, reason: 'ReconciliationSucceeded', message: '', lastTransitionTime: now },
    });
    const status = { conditions: [condition('Ready', 'True'), condition('Reconciling', 'False')] };
    update(server, APPLICATIONS, object, { ...object, status }, writeOptions('vworkspace-operator', 'status'));
  };
  server.store.listen(APPLICATIONS, ({ kind, object }) => {
    if (kind !== 'ADDED' || at(object, 'status') !== undefined) return;
    const [namespace, name] = [text(object, 'metadata', 'namespace'), text(object, 'metadata', 'name')];
    timers.after(READY_MS / speed, () => look(namespace, name));
  });
}
