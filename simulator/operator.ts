// The operator's process: when it looks at which Operation. It wakes on changes of Operations and of the engine's
// resources; what it keeps in memory is lost when it ends. No polling: only what is blocked, has failed or could not be
// written is looked at again after a while, and everything each ten hours, as an informer's resync does.
//
//   its start · the API server's start · a resync · any change of the object but its own status → a look, finished or not
//   blocked → each 30 s     Failed, or denied → with back-off, up to 1,000 s     a conflict → the target's others, 5 s later

import { besides } from './checks.ts';
import { TERMINAL } from './in-flight.ts';
import type { JsonObject } from './json.ts';
import { at, text } from './json.ts';
import { engineKind } from './materialize.ts';
import type { Next, OperatorSettings } from './reconciler.ts';
import { Reconciler } from './reconciler.ts';
import { shippedType } from './registry.ts';
import { ApiError } from './status.ts';
import type { Change } from './store.ts';

/** Milliseconds at speed 1. */
const START_MS = 2_000;
const REACTION_MS = 200;
const RETRY_MS = 1_000;
const POLL_MS = 5_000;
const BLOCKED_MS = 30_000;
const BACK_OFF_MS = 1_000_000;
/** By the clock, at any speed. */
const RESYNC_MS = 36_000_000;

const OPERATIONS = shippedType('operations');

interface Wait {
  readonly due: number;
  readonly cancel: () => void;
}

const keyOf = (object: JsonObject): string =>
  `${text(object, 'metadata', 'namespace')}/${text(object, 'metadata', 'name')}`;

export class Operator {
  readonly #settings: OperatorSettings;
  readonly #reconciler: Reconciler;
  readonly #waiting = new Map<string, Wait>();
  /** Failures in a row, by key of the Operation. */
  readonly #failures = new Map<string, number>();
  /** Keys of the Operations that have an engine's resource of that name. */
  readonly #started = new Map<string, Set<string>>();
  #up = true;
  #resyncs = false;

  constructor(settings: OperatorSettings) {
    this.#settings = settings;
    this.#reconciler = new Reconciler(settings);
    const { store } = settings.server;
    store.listen(OPERATIONS, (change) => this.#operationChanged(change));
    for (const plural of ['backups', 'restores'])
      store.listen(shippedType(plural), (change) => this.#engineChanged(change));
  }

  get up(): boolean {
    return this.#up;
  }

  /** Ends the process: nothing is looked at, and nobody answers the webhook. */
  stop(): void {
    this.#up = false;
    for (const { cancel } of this.#waiting.values()) cancel();
    this.#waiting.clear();
    this.#failures.clear();
  }

  start(): void {
    if (this.#up) return;
    this.#up = true;
    this.lookAtAll(START_MS);
  }

  /** As after a new list: when it starts, when the API server was away, and at each resync. */
  lookAtAll(milliseconds = REACTION_MS): void {
    for (const object of this.#settings.server.store.list(OPERATIONS)) this.#look(keyOf(object), milliseconds);
  }

  #operationChanged({ kind, object }: Change): void {
    const key = keyOf(object);
    const kindOfEngine = engineKind(object);
    if (kindOfEngine !== undefined) {
      const name = `${kindOfEngine}/${text(object, 'metadata', 'name')}`;
      const keys = this.#started.get(name) ?? new Set();
      if (kind === 'DELETED') keys.delete(key);
      else keys.add(key);
      if (keys.size === 0) this.#started.delete(name);
      else this.#started.set(name, keys);
    }
    if (kind === 'DELETED') this.#failures.delete(key);
    this.#resync();
    const ended = kind === 'DELETED' || TERMINAL.includes(text(object, 'status', 'phase'));
    if (ended) this.#pokeDeleted(object);
    if (kind !== 'DELETED' && !this.#reconciler.telling) this.#look(key, REACTION_MS);
  }

  /** What is being deleted waits for others of its target to end. */
  #pokeDeleted(ended: JsonObject): void {
    const { store } = this.#settings.server;
    const target = text(ended, 'spec', 'targetRef', 'name');
    for (const key of this.#failures.keys()) {
      const [namespace = '', name = ''] = key.split('/');
      if (namespace !== text(ended, 'metadata', 'namespace')) continue;
      const object = store.get(OPERATIONS, namespace, name);
      const leaving = at(object, 'metadata', 'deletionTimestamp') !== undefined;
      if (leaving && text(object, 'spec', 'targetRef', 'name') === target) this.#look(key, POLL_MS);
    }
  }

  #engineChanged({ object, type }: Change): void {
    const { store } = this.#settings.server;
    for (const key of this.#started.get(`${type.kind}/${text(object, 'metadata', 'name')}`) ?? []) {
      const [namespace = '', name = ''] = key.split('/');
      const phase = text(store.get(OPERATIONS, namespace, name), 'status', 'phase');
      if (!TERMINAL.includes(phase)) this.#look(key, REACTION_MS);
    }
  }

  #resync(): void {
    if (this.#resyncs) return;
    this.#resyncs = true;
    this.#settings.timers.after(RESYNC_MS, () => {
      this.#resyncs = false;
      if (this.#settings.server.store.list(OPERATIONS).length === 0) return;
      this.lookAtAll();
      this.#resync();
    });
  }

  /** One look is enough however many changes ask for it; the earliest counts. */
  #look(key: string, milliseconds: number): void {
    if (!this.#up) return;
    const { timers, speed } = this.#settings;
    const delay = milliseconds / speed;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined && waiting.due <= timers.now() + delay) return;
    waiting?.cancel();
    const cancel = timers.after(delay, () => {
      this.#waiting.delete(key);
      this.#lookNow(key);
    });
    this.#waiting.set(key, { due: timers.now() + delay, cancel });
  }

  #lookNow(key: string): void {
    const [namespace = '', name = ''] = key.split('/');
    const object = this.#settings.server.store.get(OPERATIONS, namespace, name);
    if (object === undefined) return;
    try {
      this.#plan(key, object, this.#reconciler.look(object));
    } catch (error) {
      // Its own writes are refused like anybody's: denied by its own webhook, or because nobody answers there.
      if (!(error instanceof ApiError)) throw error;
      if (error.code === 403) this.#backOff(key);
      else this.#look(key, RETRY_MS);
    }
  }

  #plan(key: string, object: JsonObject, next: Next): void {
    if (next === 'failed') {
      this.#backOff(key);
      return;
    }
    this.#failures.delete(key);
    if (next === 'settled') return;
    if (next !== 'conflict' && next !== 'blocked') {
      this.#look(key, next.afterMs * this.#settings.speed);
      return;
    }
    this.#look(key, BLOCKED_MS);
    if (next === 'blocked') return;
    // Whatever is in flight beside it is polled, and finds it in flight in its turn.
    const namespace = text(object, 'metadata', 'namespace');
    for (const { name } of besides(this.#settings.grounds, object)) this.#look(`${namespace}/${name}`, POLL_MS);
  }

  #backOff(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#look(key, Math.min(BACK_OFF_MS, RETRY_MS * 2 ** failures));
  }
}
