/**
 * The time that rules go by: the database's, as long as it is believed (time/rules/clock-doubt.ts). Each question for the
 * time is a look at the clocks, so no rule ever gets a time that was not compared with this process' monotonic clock.
 *
 * While the clock is doubted, what depends on the time rests: schedules do not fire, nothing is settled, nothing times
 * out. Requests and deliveries go on, by the time that ran on evenly. Each process decides by itself from what it sees
 * and from what the others have read, so a process that just started may go on while another still waits its minute.
 */
import type { Clock, Log } from '../kernel/ports.ts';
import { type ClockState, type ClockVerdict, judgeClock, stateAtStart } from '../time/rules/clock-doubt.ts';
import { type ClockLook, type ClockReading, leavesTicks } from '../time/rules/clock-votes.ts';
import type { ClockRecord, SharedReading, WitnessClock } from './ports.ts';

export interface ClockGuard {
  /** The time for all rules, from a clock of the database. Of several, each asks over connections of its own. */
  over(databaseClock: Clock): Clock;
  /** Looks, and says whether work that depends on the time may be done. */
  mayGo(): Promise<boolean>;
  /** `mayGo`, and no process with a better clock fires schedules. */
  mayTick(): Promise<boolean>;
  /** Schedules were fired: at most every two seconds that is stored. */
  ticked(): Promise<void>;
  /** Reads the other clocks and exchanges readings with the other processes. Returns how far this machine is ahead. */
  compare(witnesses: readonly WitnessClock[]): Promise<number>;
  /** What the last look found. */
  readonly verdict: ClockVerdict;
}

export interface ClockGuardOptions {
  /** The real one of the database. */
  readonly databaseClock: Clock;
  readonly record: ClockRecord;
  readonly processId: string;
  readonly log: Log;
  /** The manual release: the database's clock is believed, whatever the others show. */
  readonly trustsDatabase: boolean;
  /** This machine's clock, and its monotonic one, in milliseconds. */
  readonly here?: () => number;
  readonly monotonic?: () => number;
}

const tickStoredMs = 2_000;
const lookKeptMs = 2_000;
const preciseMs = 1_000;
const believed: ClockVerdict = { kind: 'Believed', message: '', correctionMs: 0 };

/** Looks once, and knows then whether the time is believed. */
export async function startClockGuard(options: ClockGuardOptions): Promise<ClockGuard> {
  const { databaseClock, record, processId, log, trustsDatabase } = options;
  const { here = Date.now, monotonic = () => performance.now() } = options;
  /** How far each clock is ahead of the monotonic one. */
  let elsewhere: readonly { readonly name: string; readonly offset: number }[] = [];
  let state: ClockState = {};
  let verdict = believed;
  let doubtedSince = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let timeOffset = 0;
  let tickedAt = Number.NEGATIVE_INFINITY;

  const ask = async (asked = databaseClock): Promise<ClockLook> => {
    const before = monotonic();
    const hereBefore = here();
    const databaseMs = Date.parse(await asked.now());
    const hereMs = (hereBefore + here()) / 2;
    const uncertainMs = (monotonic() - before) / 2;
    const at = before + uncertainMs;
    const clocks: ClockReading[] = [
      { name: "this process' clock", aheadMs: hereMs - databaseMs },
      ...elsewhere.map(({ name, offset }) => ({ name, aheadMs: offset + at - databaseMs })),
    ];
    return { at, databaseMs, uncertainMs, clocks };
  };

  const judge = (look: ClockLook) => {
    lookedAt = look.at;
    const judged = trustsDatabase ? { state, verdict: believed } : judgeClock(state, look);
    state = judged.state;
    tell(log, verdict, judged.verdict);
    if (judged.verdict.kind !== 'Believed' && verdict.kind === 'Believed') doubtedSince = monotonic();
    verdict = judged.verdict;
    timeOffset = look.databaseMs + verdict.correctionMs - look.at;
  };

  const look = async (asked?: Clock): Promise<ClockLook & { readonly nowMs: number }> => {
    const found = await ask(asked);
    // An answer that a later question has overtaken is not judged: the clock may have jumped in between.
    if (found.at >= lookedAt) judge(found);
    return { ...found, nowMs: found.at + timeOffset };
  };

  const exchange = async (found: ClockLook, readings: readonly SharedReading[]) => {
    const doubt =
      verdict.kind === 'Believed'
        ? undefined
        : { message: verdict.message, secondsAgo: (monotonic() - doubtedSince) / 1000 };
    const others = await record.exchange(processId, readings, doubt);
    return others.map(({ source, aheadMs }) => ({ source, offset: aheadMs + found.databaseMs - found.at }));
  };

  const aheadMsOf = ({ clocks }: ClockLook) => Math.round(clocks[0]?.aheadMs ?? 0);
  /** By the last look, and the monotonic clock since. */
  const nowMs = () => monotonic() + timeOffset;
  const aheadMs = () => Math.round(here() - nowMs());

  const first = await ask();
  // A database that takes no writes is no reason not to start.
  elsewhere = together([], await exchange(first, []).catch(() => []));
  const lastTick = await record.lastTick();
  state = stateAtStart(first, lastTick === undefined ? undefined : first.databaseMs - lastTick.atMs);
  await look();

  let toldMs = 0;
  const tellSkew = (skewMs: number) => {
    if (Math.abs(skewMs - toldMs) <= toldFromMs) return;
    toldMs = skewMs;
    if (Math.abs(skewMs) <= toldFromMs) log.info({ skewMs }, "this machine's clock agrees with the database's again");
    else log.warn({ skewMs }, "this machine's clock and the database's differ; mend the time service");
  };

  return {
    over: (asked) => ({ now: async () => new Date((await look(asked)).nowMs).toISOString() }),
    async mayGo() {
      await look();
      return verdict.kind !== 'Doubted';
    },
    async mayTick() {
      // Firing asks for the time itself, and that is a look: here an old one is enough while the clock is believed.
      if (verdict.kind === 'Doubted' || monotonic() - lookedAt > lookKeptMs) await look();
      if (verdict.kind === 'Doubted') return false;
      const own = { processId, aheadMs: aheadMs() };
      // Only a process whose clock is wrong asks who else ticks.
      return Math.abs(own.aheadMs) <= toldFromMs || !leavesTicks(await record.lastTick(), own, nowMs());
    },
    async ticked() {
      if (verdict.kind === 'Doubted' || monotonic() - tickedAt < tickStoredMs) return;
      tickedAt = monotonic();
      await record.ticked({ atMs: nowMs(), processId, aheadMs: aheadMs() });
    },
    async compare(witnesses) {
      const read = await Promise.all(
        witnesses.map(async ({ source, offsetMs }) => ({ source, offset: await offsetMs().catch(() => undefined) })),
      );
      const found = await look();
      const own = read.flatMap(({ source, offset }) => (offset === undefined ? [] : [{ source, offset }]));
      const readings = own.map(({ source, offset }) => ({
        source,
        aheadMs: Math.round(offset + found.at - found.databaseMs),
      }));
      const skewMs = aheadMsOf(found);
      // A slow answer says little, and would say the same wrong thing of all the others.
      if (found.uncertainMs > preciseMs) return skewMs;
      const others = await exchange(found, [{ source: 'process', aheadMs: skewMs }, ...readings]);
      elsewhere = together(own, others);
      tellSkew(skewMs);
      return skewMs;
    },
    get verdict() {
      return verdict;
    },
  };
}

const toldFromMs = 2_000;

interface Read {
  readonly source: SharedReading['source'];
  readonly offset: number;
}

/** Each process' clock is a witness. Redis and the clusters are one each, read by this process or by another. */
function together(own: readonly Read[], others: readonly Read[]) {
  const known = new Map<Read['source'], Read>([...others, ...own].map((each) => [each.source, each]));
  known.delete('process');
  return [...others.filter(({ source }) => source === 'process'), ...known.values()].map(({ source, offset }) => ({
    name: nameOf(source),
    offset,
  }));
}

function nameOf(source: SharedReading['source']): string {
  return { process: "another process' clock", redis: "Redis' clock", clusters: "the clusters' clocks" }[source];
}

function tell(log: Log, before: ClockVerdict, { kind, reason, message, correctionMs }: ClockVerdict): void {
  if (kind === before.kind && reason === before.reason) return;
  const fields = { reason, detail: message, correctionSeconds: Math.round(correctionMs / 1000) };
  switch (kind) {
    case 'Doubted':
      log.error(
        fields,
        "the database's clock is doubted: nothing fires, is settled or times out, for ten minutes at most",
      );
      return;
    case 'Disputed':
      log.error(fields, "the database's clock is still doubted: work goes on by the time that most clocks show");
      return;
    case 'Believed':
      log.warn({}, "the database's clock is believed again");
  }
}
