/**
 * The budgets of callers, so that a greedy one is refused before it slows the others down.
 *
 *   a key, an organization    units a second. A request costs one unit, and a list one more for each 10 items of a
 *                             page, a body one more for each 16 KiB
 *   an organization           requests at once, and of pages with more than 50 items one at a time, with rests. A few
 *                             more wait for their turn
 *   an address                requests without a key, and requests whose key is refused. Health checks cost nothing
 *
 * Who is over a budget gets 429 with Retry-After. The answer is held back for a second at most, so that a client that
 * repeats at once does not keep the process busy with refusals. Budgets are kept in memory, for each process.
 *
 * @fastify/rate-limit would count requests in windows of the wall clock. It knows neither what a request costs nor how
 * many run at once, and it sends the headers of an older draft.
 */

import type { Caller } from '../../core/access/rules/access.ts';
import { Refusal } from '../../core/kernel/rules/problem.ts';
import { httpProblem } from '../kit/refusals/http-problems.ts';
import { LaneFull, type Lanes, lanes } from './lanes.ts';
import { type Rate, type TokenBuckets, tokenBuckets } from './token-buckets.ts';

/** Each may be 0: no limit. */
export interface BudgetLimits {
  readonly keyPerSecond: number;
  readonly organizationPerSecond: number;
  readonly organizationAtOnce: number;
  readonly addressPerSecond: number;
}

/** How many units a budget saves up for a burst, in seconds of its rate. */
const burstSeconds = 5;
/** A page of the documentation is a dozen requests. */
const addressBurstSeconds = 10;

const waitingPerPlace = 8;
const waitSeconds = 5;
const largePage = 50;
/** A large page holds the event loop for milliseconds: one at a time, for a quarter of the time. */
const largePagesAtOnce = 1;
const largePagesRest = 3;
const itemsPerUnit = 10;
const bytesPerUnit = 16_384;

/** What the cost of a request goes by. */
export interface Weight {
  /** Of a list. */
  readonly pageSize?: number | undefined;
  readonly bodyBytes?: number | undefined;
}

/** The units that a request costs. */
export function costOf({ pageSize = 0, bodyBytes = 0 }: Weight): number {
  return 1 + Math.ceil(pageSize / itemsPerUnit) + Math.floor(bodyBytes / bytesPerUnit);
}

/** One budget after a request, for the headers of its answer. */
export interface Standing {
  readonly name: string;
  readonly rate: Rate;
  readonly left: number;
}

/** The Refusal `too-many-requests`, whose answer is held back for a while. */
export class OverBudget extends Refusal {
  /** The budget that is used up; none where too much runs at once. */
  readonly standings: readonly Standing[];

  constructor(detail: string, retryAfterSeconds: number, standings: readonly Standing[] = []) {
    super(httpProblem['too-many-requests'], detail, { retryAfterSeconds });
    this.name = 'OverBudget';
    this.standings = standings;
  }
}

export interface Budgets {
  /** Takes the cost from the budgets of the key and its organization, or throws `OverBudget`. */
  spend(caller: Caller, weight: Weight): readonly Standing[];
  /** Runs `work` as one of the organization's requests at once, or throws `OverBudget`. */
  during<T>(caller: Caller, pageSize: number | undefined, work: () => Promise<T>): Promise<T>;
  /** Takes one request without a key, or with one that is refused, from the budget of the address. */
  spendOfAddress(address: string): void;
}

export function budgetsOf(limits: BudgetLimits, now: () => number = () => performance.now()): Budgets {
  const key = bucketsOf('key', limits.keyPerSecond, burstSeconds);
  const organization = bucketsOf('organization', limits.organizationPerSecond, burstSeconds);
  const addresses = bucketsOf('address', limits.addressPerSecond, addressBurstSeconds);
  const requests = lanesOf(limits.organizationAtOnce);
  const largePages = lanesOf(Math.min(limits.organizationAtOnce, largePagesAtOnce), largePagesRest);

  return {
    spend({ apiKeyId, organizationId }, weight) {
      const cost = costOf(weight);
      const standings: Standing[] = [];
      for (const [budget, owner] of [
        [key, apiKeyId],
        [organization, organizationId],
      ] as const) {
        if (budget === undefined) continue;
        const { name, rate, buckets } = budget;
        const { waitSeconds: wait, left } = buckets.take(owner, now(), cost);
        const standing = { name, rate, left };
        if (wait > 0) throw overRate(`this ${name === 'key' ? 'API key' : name}`, standing, wait);
        standings.push(standing);
      }
      return standings;
    },
    async during({ organizationId }, pageSize, work) {
      const lane = pageSize !== undefined && pageSize > largePage ? largePages : requests;
      if (lane === undefined) return work();
      try {
        return await lane(organizationId, work);
      } catch (error) {
        if (!(error instanceof LaneFull)) throw error;
        throw new OverBudget(
          'Too many requests of this organization run at once. Send fewer at the same time, and pages of at most 50 items.',
          1,
        );
      }
    },
    spendOfAddress(address) {
      if (addresses === undefined) return;
      const { name, rate, buckets } = addresses;
      const { waitSeconds: wait, left } = buckets.take(networkOf(address), now());
      if (wait > 0) throw overRate('this address without a valid API key', { name, rate, left }, wait);
    },
  };
}

interface NamedBuckets {
  readonly name: string;
  readonly rate: Rate;
  readonly buckets: TokenBuckets;
}

function bucketsOf(name: string, perSecond: number, seconds: number): NamedBuckets | undefined {
  if (perSecond === 0) return undefined;
  const rate = { perSecond, burst: perSecond * seconds };
  return { name, rate, buckets: tokenBuckets(rate) };
}

function lanesOf(atOnce: number, restFactor = 0): Lanes | undefined {
  return atOnce === 0 ? undefined : lanes({ atOnce, waiting: atOnce * waitingPerPlace, waitSeconds, restFactor });
}

function overRate(who: string, standing: Standing, wait: number): OverBudget {
  return new OverBudget(
    `Too many requests of ${who}: the budget is ${standing.rate.perSecond} units a second. A request costs one, a list one more for each ${itemsPerUnit} items of a page, and a body one more for each ${bytesPerUnit / 1024} KiB.`,
    wait,
    [standing],
  );
}

/** One host has a whole /64 of IPv6 addresses. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').filter((group) => group !== '').length;
  const rest = (tail ?? '').split(':').filter((group) => group !== '');
  return [...groups, ...Array(Math.max(0, missing)).fill('0'), ...rest].slice(0, 4).join(':');
}
