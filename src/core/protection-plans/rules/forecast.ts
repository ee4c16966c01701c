/**
 * Forecasts how many copies a set of schedules makes over time, how much storage they take, and what they cost. It
 * assumes that every slot fires and every backup succeeds.
 *
 *   copies    A copy exists from its slot until slot + ttl, that moment excluded. Velero deletes expired copies hourly;
 *             `collectionDelayHours` adds the time until it has. So the slots in (t − ttl − delay, t] count at t. They
 *             are counted without being listed (src/core/time/rules/slot-counter.ts).
 *   storage   One copy is full (`firstCopyGB`). Each other copy holds the data that changed (`deltaGB` of its
 *             schedule). The full copy takes the place of one of the schedule with the smallest delta, of those that
 *             have copies.
 *
 * 7 daily, 4 weekly and 12 monthly copies of 200 GB are 200 + 6·5 + 4·20 + 12·40 = 790 GB, or 39.50 a month at 0.05. 7
 * daily copies alone are 230 GB, or 11.50. By the same formula 30 daily copies are 345 GB, and 365 are 2,020 GB.
 *
 * The published table with these figures has four others that fit neither these nor each other. They are not
 * reproduced: "~150 GB" for 30 daily copies is 30 deltas without the full copy; "~1,650 GB" for 365 is less than the
 * deltas alone, which are 1,825 GB; "~$300" and "16 times the storage" stand beside a row that says $82.50 and about
 * twice.
 */
import { ttlHours } from '../../kernel/rules/duration.ts';
import type { Paced } from '../../kernel/rules/paced.ts';
import { ruleViolated } from '../../kernel/rules/problem.ts';
import { type SlotCounter, slotCounter } from '../../time/rules/slot-counter.ts';
import { slotAfter } from '../../time/rules/slots.ts';
import {
  type ForecastPoint,
  type ForecastSchedule,
  maxHorizonDays,
  type NewRetentionForecast,
  type RetentionForecast,
  type SteadyState,
} from './retention-forecast.ts';

export interface ForecastInput extends Omit<NewRetentionForecast, 'schedules' | 'from' | 'timeZone'> {
  readonly schedules: readonly ForecastSchedule[];
  readonly timeZone: string;
  readonly from: string;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const defaultPoints = 100;
const [earliestFrom, latestFrom] = [Date.UTC(2000), Date.UTC(2100)];
/** The year after the steady state is sampled in steps that pass through all times of the day. */
const lookEveryMs = 23 * hourMs;
const lookMs = 366 * dayMs;

interface ForecastLine extends ForecastSchedule {
  readonly name: string;
  readonly timeZone: string;
  readonly deltaGB: number;
  readonly beginsAt: number;
  readonly firstAt: number;
  /** From its slot until the copy is gone, in milliseconds. */
  readonly keptMs: number;
}

/**
 * Throws the Refusal `rule-violated` for a schedule that never fires, and for times out of this century. It yields between
 * pieces of work, so that other requests go on meanwhile.
 */
export function* forecast(input: ForecastInput): Paced<RetentionForecast> {
  const from = Date.parse(input.from);
  if (!(from >= earliestFrom && from < latestFrom)) throw ruleViolated('/from', 'must be in the years 2000 to 2099.');
  const latest = from + maxHorizonDays * dayMs;
  const lines: ForecastLine[] = [];
  for (const [index, schedule] of input.schedules.entries()) {
    lines.push(lineOf(input, schedule, index));
    yield;
  }
  const steadyAt = Math.max(...lines.map(({ firstAt, keptMs }) => firstAt + keptMs));
  const until = input.horizonDays === undefined ? Math.min(steadyAt, latest) : from + input.horizonDays * dayMs;
  const pointAt = yield* pointsOf(input, lines, from, Math.max(until, Math.min(steadyAt, latest) + lookMs));
  const warnings = lines
    .filter(({ firstAt }) => firstAt > until)
    .map(({ name }) => `${name} has no slot within the time of the forecast.`);
  if (steadyAt > latest) warnings.push('The number of copies still grows after twenty years.');
  return {
    schedules: lines.map(({ beginsAt: _begins, firstAt: _first, keptMs: _kept, ...schedule }) => schedule),
    ...(steadyAt <= latest && { steadyState: yield* steadyStateOf(steadyAt, pointAt) }),
    points: yield* pointsAt(momentsOf(from, until, input.maxPoints ?? defaultPoints), pointAt),
    warnings,
  };
}

function lineOf(input: ForecastInput, schedule: ForecastSchedule, index: number): ForecastLine {
  const timeZone = schedule.timeZone ?? input.timeZone;
  const beginsAt = Math.max(Date.parse(input.from), Date.parse(schedule.startsAt ?? input.from));
  if (beginsAt > Date.parse(input.from) + maxHorizonDays * dayMs) {
    throw ruleViolated(`/schedules/${index}/startsAt`, 'must be within twenty years of `from`.');
  }
  const first = slotAfter({ schedule: schedule.schedule, timeZone }, new Date(beginsAt - 1).toISOString());
  if (first === undefined) {
    throw ruleViolated(`/schedules/${index}/schedule`, `"${schedule.schedule}" never fires (no date matches it).`);
  }
  return {
    ...schedule,
    name: schedule.name ?? `schedule-${index + 1}`,
    timeZone,
    deltaGB: schedule.deltaGB ?? input.deltaGB ?? 0,
    beginsAt,
    firstAt: Date.parse(first),
    keptMs: (ttlHours(schedule.ttl) + (input.collectionDelayHours ?? 0)) * hourMs,
  };
}

/** Returns a function that computes the copies at any moment from `from` to `to`. */
function* pointsOf(
  { firstCopyGB, pricePerGBMonth }: ForecastInput,
  lines: readonly ForecastLine[],
  from: number,
  to: number,
): Paced<(moment: number) => ForecastPoint> {
  const counters: { readonly deltaGB: number; readonly copiesAt: SlotCounter }[] = [];
  for (const line of lines) {
    const { beginsAt, keptMs, deltaGB } = line;
    const counter = slotCounter(line, from, to);
    const earlier = counter(beginsAt - 1);
    const made = (moment: number) => (moment < beginsAt ? 0 : counter(moment) - earlier);
    counters.push({ deltaGB, copiesAt: (moment) => made(moment) - made(moment - keptMs) });
    yield;
  }
  return (moment) => {
    const counted = counters.map(({ deltaGB, copiesAt }) => ({ deltaGB, copies: copiesAt(moment) }));
    const copiesBySchedule = counted.map(({ copies }) => copies);
    const storageGB = firstCopyGB === undefined ? undefined : storageOf(counted, firstCopyGB);
    return {
      at: new Date(moment).toISOString(),
      copies: copiesBySchedule.reduce((sum, count) => sum + count, 0),
      copiesBySchedule,
      ...(storageGB !== undefined && { storageGB: rounded(storageGB) }),
      ...(storageGB !== undefined &&
        pricePerGBMonth !== undefined && { costPerMonth: rounded(storageGB * pricePerGBMonth) }),
    };
  };
}

function storageOf(
  counted: readonly { readonly deltaGB: number; readonly copies: number }[],
  firstCopyGB: number,
): number {
  const present = counted.filter(({ copies }) => copies > 0);
  if (present.length === 0) return 0;
  const deltas = present.reduce((sum, { deltaGB, copies }) => sum + deltaGB * copies, 0);
  return firstCopyGB + deltas - Math.min(...present.map(({ deltaGB }) => deltaGB));
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

function* pointsAt(moments: readonly number[], pointAt: (moment: number) => ForecastPoint): Paced<ForecastPoint[]> {
  const points: ForecastPoint[] = [];
  for (const moment of moments) {
    points.push(pointAt(moment));
    yield;
  }
  return points;
}

/** The mixture of copies that is there most often; its total alone may come of a mixture that is seldom there. */
function* steadyStateOf(reachedAt: number, pointAt: (moment: number) => ForecastPoint): Paced<SteadyState> {
  const moments = Array.from({ length: Math.floor(lookMs / lookEveryMs) }, (_, n) => reachedAt + n * lookEveryMs);
  const looks = yield* pointsAt(moments, pointAt);
  const alike = Map.groupBy(looks, ({ copiesBySchedule }) => copiesBySchedule.join());
  const most = Math.max(...[...alike.values()].map(({ length }) => length));
  const [usual = pointAt(reachedAt)] = [...alike.values()].find(({ length }) => length === most) ?? [];
  const { at: _at, ...counts } = usual;
  const totals = looks.map(({ copies }) => copies);
  return {
    reachedAt: new Date(reachedAt).toISOString(),
    ...counts,
    minimumCopies: Math.min(...totals),
    maximumCopies: Math.max(...totals),
  };
}

/**
 * At most `maxPoints` moments from `from` to `until`, both included: whole hours apart, or whole days over a long time.
 */
function momentsOf(from: number, until: number, maxPoints: number): number[] {
  const even = (until - from) / (maxPoints - 1);
  const unit = even > dayMs ? dayMs : hourMs;
  const step = Math.max(unit, Math.ceil(even / unit) * unit);
  const moments = Array.from({ length: Math.ceil((until - from) / step) }, (_, n) => from + n * step);
  return [...moments, until];
}
