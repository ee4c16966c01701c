// Faults on demand. A fault is a value with a kind; it may be limited to verbs, resources, namespaces and names, to a
// number of requests, to a time, and to a share of the requests. What a fault does is done where it strikes: here is
// only which faults are active.

import type { Timers } from './timers.ts';

interface Limits {
  /** Kubernetes verbs (`list`, `watch`, `patch`, …) and plural resource names; absent means all. */
  readonly verbs?: readonly string[];
  readonly resources?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly names?: readonly string[];
  /** Strikes this often, then clears itself. */
  readonly count?: number;
  readonly durationMs?: number;
  /** Share of the matching requests that it strikes, 0 to 1. */
  readonly rate?: number;
}

type Kinds =
  /** 'refuse' closes the listener (no limits by verb); 'reset' accepts and resets each matching request. */
  | { readonly kind: 'unreachable'; readonly mode?: 'refuse' | 'reset' }
  /** Accepts and never answers; open watches fall silent. */
  | { readonly kind: 'mute' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** 429 as API priority and fairness gives it, with Retry-After. */
  | { readonly kind: 'throttle'; readonly retryAfterSeconds?: number }
  | { readonly kind: 'error'; readonly code: number; readonly message?: string; readonly retryAfterSeconds?: number }
  /** Ends open watches now, and new ones after `afterMs`; `abrupt` resets instead of ending cleanly. */
  | { readonly kind: 'dropWatches'; readonly afterMs?: number; readonly abrupt?: boolean }
  /** Watches stay open and tell nothing, not even bookmarks; what they missed follows when the fault clears. */
  | { readonly kind: 'silentWatches' }
  /** The answer's JSON ends in the middle. */
  | { readonly kind: 'truncate' }
  /** Watches (and lists that continue) find their resourceVersion too old: in the stream, or as HTTP 410. */
  | { readonly kind: 'expired'; readonly asHttp?: boolean }
  | { readonly kind: 'deny'; readonly message: string }
  /** The admission webhook cannot be reached: 500, as with failurePolicy Fail. */
  | { readonly kind: 'webhookDown'; readonly message?: string }
  /** The server commits the write and then resets the connection. */
  | { readonly kind: 'cutAfterCommit' }
  /** How the next backups or restores end. Limited by `resources` to backups or restores, by `names` to some. */
  | {
      readonly kind: 'backup';
      readonly outcome: 'PartiallyFailed' | 'FailedValidation' | 'Failed' | 'hang';
      readonly reason?: string;
    };

export type Fault = Limits & Kinds;
export type FaultKind = Fault['kind'];
type Of<K extends FaultKind> = Extract<Fault, { readonly kind: K }>;

export interface Target {
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

interface Active {
  readonly id: number;
  readonly fault: Fault;
  left: number;
}

const within = (list: readonly string[] | undefined, value: string): boolean =>
  list === undefined || list.includes(value);

const isKind = <K extends FaultKind>(fault: Fault, kind: K): fault is Of<K> => fault.kind === kind;

export class Faults {
  #active: Active[] = [];
  #nextId = 1;
  readonly #timers: Timers;
  /** Told after every change, so that the listener can be closed, watches dropped, silence ended. */
  onChange: (fault: Fault) => void = () => undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  inject(fault: Fault): { readonly id: number; clear(): void } {
    const active: Active = { id: this.#nextId, fault, left: fault.count ?? Number.POSITIVE_INFINITY };
    this.#nextId += 1;
    this.#active.push(active);
    if (fault.durationMs !== undefined) this.#timers.after(fault.durationMs, () => this.clear(active.id));
    this.onChange(fault);
    return { id: active.id, clear: () => this.clear(active.id) };
  }

  clear(id?: number): void {
    const gone = this.#active.filter((each) => id === undefined || each.id === id);
    this.#active = this.#active.filter((each) => !gone.includes(each));
    for (const { fault } of gone) this.onChange(fault);
  }

  list(): readonly (Fault & { readonly id: number })[] {
    return this.#active.map(({ id, fault, left }) => ({
      ...fault,
      id,
      ...(Number.isFinite(left) ? { count: left } : {}),
    }));
  }

  /** True while any fault of the kind is active for the target; uses nothing up. */
  active(kind: FaultKind, target?: Target): boolean {
    return this.#active.some(({ fault }) => fault.kind === kind && (target === undefined || this.#fits(fault, target)));
  }

  /** The fault of that kind that strikes the target now, counted as one strike; undefined when none does. */
  take<K extends FaultKind>(kind: K, target: Target): Of<K> | undefined {
    for (const active of this.#active) {
      const { fault } = active;
      if (!isKind(fault, kind) || !this.#fits(fault, target)) continue;
      if (fault.rate !== undefined && Math.random() >= fault.rate) continue;
      active.left -= 1;
      if (active.left <= 0) this.clear(active.id);
      return fault;
    }
    return undefined;
  }

  #fits(fault: Fault, target: Target): boolean {
    return (
      within(fault.verbs, target.verb) &&
      within(fault.resources, target.resource) &&
      within(fault.namespaces, target.namespace) &&
      within(fault.names, target.name)
    );
  }
}
