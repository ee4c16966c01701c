// Watches: a stream of changes of one type from a resourceVersion on, bookmarks, time-outs, and the ways in which
// streams end or fall silent. A watch costs one listener and one timer; nothing polls.

import type { Message, Outgoing } from './exchange.ts';
import { breakOff } from './exchange.ts';
import type { Faults, Target } from './faults.ts';
import type { JsonObject } from './json.ts';
import { objectAt, text } from './json.ts';
import { checkMatch, LAG_MS, revisionOf, selectorOf, tooLargeRevision, wholeNumber } from './lists.ts';
import type { Form } from './negotiate.ts';
import type { ResourceType } from './registry.ts';
import type { Selector } from './selectors.ts';
import { expired, internal, invalidOptions } from './status.ts';
import type { Change, Store } from './store.ts';
import type { IncludeObject } from './table.ts';
import { partial, tableOf } from './table.ts';
import type { Timers } from './timers.ts';

export interface WatchRequest {
  readonly type: ResourceType;
  readonly namespace: string;
  readonly query: URLSearchParams;
  readonly form: Form;
  readonly include: IncludeObject;
  readonly target: Target;
}

export interface WatchSettings {
  readonly store: Store;
  readonly timers: Timers;
  readonly faults: Faults;
  readonly bookmarkSeconds: number;
}

const DEFAULT_TIMEOUT_SECONDS = 1800;

/** A deleted object, or one that left the selection, is told as it was, at the revision of the change. */
function lastSeen({ object, before }: Change): JsonObject {
  const resourceVersion = text(object, 'metadata', 'resourceVersion');
  return before === undefined ? object : { ...before, metadata: { ...objectAt(before, 'metadata'), resourceVersion } };
}

const tooOld = (asked: number, oldest: number): JsonObject =>
  expired(`too old resource version: ${asked} (${oldest})`).body ?? {};

function checkInitial(query: URLSearchParams): void {
  const refuse = (message: string): never => {
    throw invalidOptions('ListOptions', 'resourceVersionMatch', 'FieldValueForbidden', `Forbidden: ${message}`);
  };
  const match = query.get('resourceVersionMatch');
  if (query.get('sendInitialEvents') !== null && match !== 'NotOlderThan')
    refuse('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  if (query.get('sendInitialEvents') !== 'true' && match !== null)
    refuse('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
}

/** One open stream. `open` writes the head and the first events; the rest follows until `end`. */
export class WatchStream {
  readonly #request: WatchRequest;
  readonly #settings: WatchSettings;
  readonly #message: Message;
  readonly #response: Outgoing;
  readonly #stops: (() => void)[] = [];
  #stopBookmark: () => void = () => undefined;
  #held: string[] = [];
  #columnsSent = false;
  #ended = false;
  #asked = 0;

  constructor(request: WatchRequest, settings: WatchSettings, message: Message, response: Outgoing) {
    this.#request = request;
    this.#settings = settings;
    this.#message = message;
    this.#response = response;
  }

  get type(): ResourceType {
    return this.#request.type;
  }

  get target(): Target {
    return this.#request.target;
  }

  /** Throws the ApiError of a watch that cannot start; afterwards every fault is told in the stream. */
  open(): void {
    const { type, query, target } = this.#request;
    const { store, faults, timers } = this.#settings;
    checkInitial(query);
    checkMatch(query);
    const fits = selectorOf(type, query);
    const asked = revisionOf(query.get('resourceVersion') ?? '', internal);
    const seconds = wholeNumber(query, 'timeoutSeconds') || DEFAULT_TIMEOUT_SECONDS * (1 + Math.random());
    const expiry = faults.take('expired', target);
    if (expiry?.asHttp === true) throw expired(`too old resource version: ${asked} (${store.revision})`);
    this.#response.writeHead(200, { 'Content-Type': this.#request.form.media, 'Cache-Control': 'no-cache, private' });
    this.#response.flushHeaders?.();
    if (expiry !== undefined) {
      this.#fail(tooOld(asked, store.oldest));
      return;
    }
    this.#stops.push(timers.after(seconds * 1000, () => this.end()));
    const initial = query.get('sendInitialEvents') === 'true';
    if (!initial || asked <= store.revision) {
      this.#begin(fits, asked, seconds);
      return;
    }
    // The real server waits for its cache to catch up before it gives up.
    const wait = timers.after(LAG_MS, () => {
      if (asked <= store.revision) this.#begin(fits, asked, seconds);
      else this.#fail(tooLargeRevision(asked, store.revision).body ?? {});
    });
    this.#stops.push(wait);
  }

  /** Events and bookmarks at or below the revision that was asked for are never told, so a watch from the future of a
   * cluster that was set back stays silent until the cluster gets there. */
  #begin(fits: Selector, asked: number, seconds: number): void {
    const { type, query, namespace } = this.#request;
    const { store, timers, bookmarkSeconds } = this.#settings;
    const initial = query.get('sendInitialEvents') === 'true';
    const bookmarks = query.get('allowWatchBookmarks') === 'true';
    const past = asked > 0 && !initial ? store.since(type, asked) : [];
    if (past === undefined) {
      this.#fail(tooOld(asked, store.oldest));
      return;
    }
    if (asked === 0 || initial)
      for (const object of store.list(type, namespace)) if (fits(object)) this.#write('ADDED', object);
    if (initial && bookmarks) this.#bookmark({ 'k8s.io/initial-events-end': 'true' });
    this.#asked = asked;
    for (const change of past) this.#tell(change, fits);
    this.#stops.push(store.listen(type, (change) => this.#tell(change, fits)));
    if (!bookmarks) return;
    if (seconds > 2) this.#stops.push(timers.after((seconds - 2) * 1000, () => this.#bookmark()));
    this.#repeat(bookmarkSeconds * 1000);
  }

  #fail(status: JsonObject): void {
    this.#write('ERROR', status);
    this.end();
  }

  /** Closes the stream; a reset leaves the client without the end of the body. */
  end(abrupt = false): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const stop of [...this.#stops, this.#stopBookmark]) stop();
    if (abrupt || this.#silent()) breakOff(this.#message);
    else this.#response.end();
  }

  /** Sends what was held back while the stream was silent. */
  flush(): void {
    if (this.#ended || this.#silent()) return;
    for (const line of this.#held) this.#response.write(line);
    this.#held = [];
  }

  #repeat(milliseconds: number): void {
    this.#stopBookmark = this.#settings.timers.after(milliseconds, () => {
      if (this.#ended) return;
      this.#bookmark();
      this.#repeat(milliseconds);
    });
  }

  #silent(): boolean {
    const { faults } = this.#settings;
    return faults.active('silentWatches', this.target) || faults.active('mute', this.target);
  }

  /** A change that makes an object leave the selection is a deletion to this watcher, and one that brings it in an addition. */
  #tell(change: Change, fits: (object: JsonObject) => boolean): void {
    const { namespace } = this.#request;
    if (change.revision <= this.#asked) return;
    if (namespace !== '' && text(change.object, 'metadata', 'namespace') !== namespace) return;
    const was = change.before !== undefined && fits(change.before);
    const is = change.kind !== 'DELETED' && fits(change.object);
    if (is) this.#write(was ? 'MODIFIED' : 'ADDED', change.object);
    else if (was) this.#write('DELETED', lastSeen(change));
  }

  #bookmark(annotations?: JsonObject): void {
    const { type } = this.#request;
    if (this.#settings.store.revision <= this.#asked) return;
    const metadata: JsonObject = {
      resourceVersion: String(this.#settings.store.revision),
      ...(annotations === undefined ? {} : { annotations }),
    };
    this.#write('BOOKMARK', { kind: type.kind, apiVersion: type.apiVersion, metadata });
  }

  #write(event: string, object: JsonObject): void {
    const line = `${JSON.stringify({ type: event, object: event === 'ERROR' ? object : this.#rendered(object) })}\n`;
    if (this.#silent()) {
      this.#held.push(line);
      return;
    }
    const cut = this.#settings.faults.take('truncate', this.target);
    if (cut === undefined) {
      this.#response.write(line);
      return;
    }
    const half = line.slice(0, line.length / 2);
    this.#response.write(cut.mode === 'clean' ? `${half}\n` : half);
    if (cut.mode !== 'clean') setImmediate(() => this.end(true));
  }

  #rendered(object: JsonObject): JsonObject {
    const { type, form, include } = this.#request;
    if (form.as === 'PartialObjectMetadata') return partial(object);
    if (form.as !== 'Table') return object;
    const metadata: JsonObject = { resourceVersion: text(object, 'metadata', 'resourceVersion') };
    const table = tableOf(type, [object], metadata, include, !this.#columnsSent);
    this.#columnsSent = true;
    return table;
  }
}
