// Which faults are active. A fault may be limited to verbs, resources, namespaces and names, to a number of requests,
// to a time, and to a share of the requests. What a fault does is done where it strikes.

import type { Fault, FaultKind, FaultOf } from './fault-kinds.ts';
import type { Timers } from './timers.ts';

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

const isKind = <K extends FaultKind>(fault: Fault, kind: K): fault is FaultOf<K> => fault.kind === kind;

export class Faults {
  #active: Active[] = [];
  #nextId = 1;
  readonly #timers: Timers;
  /** Told of every fault that begins or has ended, so that it can be done what no single request does. */
  onChange: (fault: Fault, change: 'begun' | 'ended') => void = () => undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  inject(fault: Fault): { readonly id: number; clear(): void } {
    const active: Active = { id: this.#nextId, fault, left: fault.count ?? Number.POSITIVE_INFINITY };
    this.#nextId += 1;
    this.#active.push(active);
    if (fault.durationMs !== undefined) this.#timers.after(fault.durationMs, () => this.clear(active.id));
    this.onChange(fault, 'begun');
    return { id: active.id, clear: () => this.clear(active.id) };
  }

  clear(id?: number): void {
    const gone = this.#active.filter((each) => id === undefined || each.id === id);
    this.#active = this.#active.filter((each) => !gone.includes(each));
    for (const { fault } of gone) this.onChange(fault, 'ended');
  }

  list(): readonly (Fault & { readonly id: number })[] {
    return this.#active.map(({ id, fault, left }) => ({
      ...fault,
      id,
      ...(Number.isFinite(left) ? { count: left } : {}),
    }));
  }

  /** The active faults of the kind; uses nothing up. */
  all<K extends FaultKind>(kind: K): readonly FaultOf<K>[] {
    return this.#active.flatMap(({ fault }) => (isKind(fault, kind) ? [fault] : []));
  }

  /** True while any fault of the kind is active for the target; uses nothing up. */
  active(kind: FaultKind, target?: Target): boolean {
    return this.#active.some(({ fault }) => fault.kind === kind && (target === undefined || this.#fits(fault, target)));
  }

  /** The fault of that kind that strikes the target now, counted as one strike; undefined when none does. */
  take<K extends FaultKind>(kind: K, target: Target): FaultOf<K> | undefined {
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
