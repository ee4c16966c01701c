// What was asked of the cluster: totals by verb and a bounded log of the last requests, for tests and for people.

export interface LoggedRequest {
  readonly verb: string;
  readonly resource: string;
  readonly name?: string;
  /** 0 when no answer was given: reset, mute, cut. */
  readonly code: number;
  readonly at: number;
}

const KEPT = 2_000;

export class RequestLog {
  #total = 0;
  readonly #verbs = new Map<string, number>();
  #log: LoggedRequest[] = [];

  add(request: LoggedRequest): void {
    this.#total += 1;
    this.#verbs.set(request.verb, (this.#verbs.get(request.verb) ?? 0) + 1);
    this.#log.push(request);
    if (this.#log.length > KEPT * 1.5) this.#log = this.#log.slice(-KEPT);
  }
  get total(): number {
    return this.#total;
  }
  byVerb(): Record<string, number> {
    return Object.fromEntries(this.#verbs);
  }
  get log(): readonly LoggedRequest[] {
    return this.#log.slice(-KEPT);
  }
}
