// The operator's own event stream: what conditions do, told to the control plane in the agent protocol's batches, beside
// what it sees by watching. Delivery is at least once while the buffer holds and the process lives; what overflows is
// lost, and said to be. Nothing is told a second time after a restart. Heartbeats go by themselves.
//
//   change → event → buffer of 1000, oldest dropped → a batch of at most 100 a second → POST, the same again until 204
//   heartbeat, each minute → POST → the Cluster's conditions say whether it was taken

import type { Clock } from './clock.ts';
import { conditionEvents, heartbeat } from './event-shape.ts';
import type { Faults, Target } from './faults.ts';
import type { JsonObject } from './json.ts';
import { objectAt, text } from './json.ts';
import type { Server } from './objects.ts';
import { update, writeOptions } from './objects.ts';
import type { EventCounts, EventsOptions } from './options.ts';
import type { ResourceType } from './registry.ts';
import { shippedType } from './registry.ts';
import type { Timers } from './timers.ts';
import type { Condition, Vocabulary } from './vocabulary.ts';
import { condition, withTold } from './vocabulary.ts';

const MEDIA = 'application/vnd.vworkspace.agent.v1+json';
const BUFFER = 1_000;
const BATCH = 100;
const BATCH_MS = 1_000;
const POST_MS = 10_000;
const HEARTBEAT_SECONDS = 60;
const CLUSTERS = shippedType('clusters');

export interface EventsSettings {
  readonly server: Server;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly timers: Timers;
  readonly vocabulary: Vocabulary;
}

const CONNECTED: readonly Condition[] = [
  condition('Connected', true, 'Connected'),
  condition('Disconnected', false, 'Connected'),
  condition('Authenticated', true, 'TokenAccepted'),
];
const DISCONNECTED: readonly Condition[] = [
  condition('Connected', false, 'ControlPlaneUnreachable'),
  condition('Disconnected', true, 'NoRecentRoundTrip'),
  condition('Authenticated', false, 'ControlPlaneAuthenticationFailed'),
];

export class EventStream {
  readonly #settings: EventsSettings;
  readonly #options: EventsOptions;
  readonly #stops: (() => void)[] = [];
  readonly #stopped = new AbortController();
  #stopBeat: () => void = () => undefined;
  #stopBatch: () => void = () => undefined;
  #buffer: JsonObject[] = [];
  /** Posted and not taken yet, at the head of the buffer. */
  #batch: JsonObject[] = [];
  #up = true;
  #posting = false;
  #posted = 0;
  #dropped = 0;
  #overflowed = false;

  constructor(settings: EventsSettings, options: EventsOptions) {
    this.#settings = settings;
    this.#options = options;
    for (const plural of ['operations', 'applicationinstances', 'clusters']) {
      const type = shippedType(plural);
      const stop = settings.server.store.listen(type, ({ kind, object, before }) => {
        if (kind !== 'DELETED') this.#changed(type, object, before);
      });
      this.#stops.push(stop);
    }
    this.#beat();
  }

  get counts(): EventCounts {
    return { posted: this.#posted, dropped: this.#dropped, waiting: this.#buffer.length };
  }

  /** The process ends: what waits is lost. */
  down(): void {
    this.#up = false;
    this.#buffer = [];
    this.#batch = [];
    this.#stopBeat();
  }

  /** Another process: a heartbeat, and no word of what happened before. */
  again(): void {
    if (this.#up) return;
    this.#up = true;
    this.#beat();
  }

  stop(): void {
    this.#stopped.abort();
    for (const stop of [...this.#stops, this.#stopBeat, this.#stopBatch]) stop();
  }

  #changed(type: ResourceType, object: JsonObject, before: JsonObject | undefined): void {
    const { faults, clock, vocabulary } = this.#settings;
    if (!this.#up) return;
    const target: Target = {
      verb: 'event',
      resource: type.plural,
      namespace: text(object, 'metadata', 'namespace'),
      name: text(object, 'metadata', 'name'),
    };
    for (const event of conditionEvents(type, object, before, clock.text(), vocabulary)) {
      if (faults.take('eventGap', target) !== undefined) continue;
      const secret = faults.take('eventSecrets', target);
      const whole = secret === undefined ? event : { ...event, managedStorage: storage(secret.value) };
      this.#add(whole);
      if (faults.take('eventDuplicate', target) !== undefined) this.#add(whole);
    }
  }

  #beat(): void {
    const { heartbeatSeconds = HEARTBEAT_SECONDS } = this.#options;
    void this.#postHeartbeat();
    this.#stopBeat = this.#settings.timers.after(heartbeatSeconds * 1000, () => this.#beat());
  }

  async #postHeartbeat(): Promise<void> {
    const { server, clock, vocabulary } = this.#settings;
    for (const cluster of server.store.list(CLUSTERS)) {
      const isTaken = await this.#taken([heartbeat(CLUSTERS, cluster, clock.text(), vocabulary)]);
      if (this.#up && !this.#stopped.signal.aborted) this.#say(isTaken ? CONNECTED : DISCONNECTED);
    }
  }

  #add(event: JsonObject): void {
    if (this.#stopped.signal.aborted) return;
    this.#buffer.push(event);
    if (this.#buffer.length > BUFFER) {
      this.#dropped += this.#buffer.length - BUFFER;
      this.#buffer = this.#buffer.slice(-BUFFER);
      this.#batch = this.#batch.filter((each) => this.#buffer.includes(each));
      this.#tellOverflow(true);
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#posting || this.#buffer.length === 0 || this.#stopped.signal.aborted) return;
    this.#posting = true;
    const { batchMs = BATCH_MS } = this.#options;
    this.#stopBatch = this.#settings.timers.after(batchMs, () => void this.#post());
  }

  async #post(): Promise<void> {
    if (this.#batch.length === 0) this.#batch = this.#buffer.slice(0, BATCH);
    const batch = this.#batch;
    const nobody = { verb: 'event', resource: '', namespace: '', name: '' };
    const shuffled = batch.length > 0 && this.#settings.faults.take('eventReorder', nobody) !== undefined;
    if (batch.length > 0 && (await this.#taken(shuffled ? batch.toReversed() : batch))) {
      this.#posted += batch.length;
      // What overflowed meanwhile is no longer at the head.
      this.#buffer = this.#buffer.filter((event) => !batch.includes(event));
      this.#batch = [];
      if (this.#buffer.length === 0) this.#tellOverflow(false);
    }
    this.#posting = false;
    this.#schedule();
  }

  async #taken(events: readonly JsonObject[]): Promise<boolean> {
    const { url, token } = this.#options;
    try {
      const answer = await fetch(new URL('/api/agent/events', url), {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': MEDIA, Accept: MEDIA },
        body: JSON.stringify({ events }),
        signal: AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(POST_MS)]),
      });
      await answer.body?.cancel();
      return answer.status === 204;
    } catch {
      return false;
    }
  }

  /** The Cluster resource says that the buffer overflowed, which is an event in its turn. */
  #tellOverflow(overflowed: boolean): void {
    if (this.#overflowed === overflowed) return;
    this.#overflowed = overflowed;
    const message = overflowed ? `more than ${BUFFER} events waited; the oldest were dropped` : '';
    this.#say([condition('BufferOverflow', overflowed, overflowed ? 'EventsDropped' : 'WithinLimit', message)]);
  }

  #say(conditions: readonly Condition[]): void {
    const { server, clock } = this.#settings;
    for (const cluster of server.store.list(CLUSTERS)) {
      const { conditions: said = [] } = withTold(
        objectAt(cluster, 'status'),
        { phase: '', conditions },
        1,
        clock.text(),
      );
      const next = { ...cluster, status: { ...objectAt(cluster, 'status'), conditions: said } };
      update(server, CLUSTERS, cluster, next, writeOptions('vworkspace-operator', 'status'));
    }
  }
}

/** What an event must never bring to light at the other side. */
const storage = (secret = 'simulated-secret-access-key'): JsonObject => ({
  provider: 's3',
  bucket: 'backups-default',
  accessKeyId: 'simulated-access-key-id',
  secretAccessKey: secret,
});
