import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptLog } from '../../../test/support/log.ts';
import type { LastTick } from '../time/rules/clock-votes.ts';
import { startClockGuard } from './clock-guard.ts';
import type { SharedDoubt, SharedReading } from './ports.ts';
import { restingInDoubt } from './resting-tasks.ts';

const start = Date.parse('2026-05-28T10:00:00.000Z');
const hour = 3_600_000;

/** Clocks that are set by hand, and what would be in the database. */
async function world({ trustsDatabase = false, lastTick }: { trustsDatabase?: boolean; lastTick?: LastTick } = {}) {
  const clocks = { monotonic: 5_000, here: start, database: start };
  const kept: { tick: LastTick | undefined; others: SharedReading[]; doubt: SharedDoubt | undefined } = {
    tick: lastTick,
    others: [],
    doubt: undefined,
  };
  const { log, text } = keptLog();
  const databaseClock = { now: async () => new Date(clocks.database).toISOString() };
  const guard = await startClockGuard({
    databaseClock,
    record: {
      lastTick: async () => kept.tick,
      async ticked(tick) {
        kept.tick = tick;
      },
      async exchange(_id, _readings, doubt) {
        kept.doubt = doubt;
        return kept.others;
      },
    },
    processId: 'own',
    log,
    trustsDatabase,
    here: () => clocks.here,
    monotonic: () => clocks.monotonic,
  });
  const pass = (ms: number) => {
    for (const name of ['monotonic', 'here', 'database'] as const) clocks[name] += ms;
  };
  const lines = (words: string) =>
    text()
      .split('\n')
      .filter((line) => line.includes(words)).length;
  return { guard, clock: guard.over(databaseClock), clocks, kept, pass, lines };
}

test('while the clock is doubted time goes on evenly, tasks that depend on it rest, and the others run', async () => {
  const { guard, clock, clocks, kept, pass, lines } = await world();
  const ran: string[] = [];
  const task = { role: 'scheduler', everySeconds: 5, timeoutSeconds: 5 } as const;
  const tasks = restingInDoubt(
    [
      { ...task, name: 'by time', dependsOnTime: true, run: async () => ran.push('by time') },
      { ...task, name: 'other', run: async () => ran.push('other') },
    ],
    guard.mayGo,
  );
  const round = async () => {
    for (const { run } of tasks) await run({});
    return ran.splice(0);
  };
  assert.deepEqual(await round(), ['by time', 'other']);
  pass(1_000);
  clocks.database += 24 * hour;
  assert.equal(await clock.now(), '2026-05-28T10:00:01.000Z');
  assert.deepEqual(await round(), ['other']);
  assert.equal(await guard.mayTick(), false);
  await guard.compare([]);
  assert.match(kept.doubt?.message ?? '', /has jumped.*this process' clock/);
  assert.equal(lines('is doubted'), 1);
  pass(1_000);
  clocks.database -= 24 * hour;
  await guard.mayGo();
  pass(61_000);
  assert.equal(await guard.mayTick(), true);
  assert.equal(await clock.now(), '2026-05-28T10:01:03.000Z');
  await guard.compare([]);
  assert.equal(kept.doubt, undefined);
  assert.equal(lines('believed again'), 1);
});

test('the manual release: the database is believed, whatever the others show', async () => {
  const { guard, clock, clocks } = await world({ trustsDatabase: true });
  clocks.database += 24 * hour;
  assert.equal(await guard.mayTick(), true);
  assert.equal(await clock.now(), '2026-05-29T10:00:00.000Z');
});

test('a process that starts while the database shows another day asks its own clock and the last tick for the time', async () => {
  const lastTick = { atMs: start - 25 * hour, processId: 'other', aheadMs: 0 };
  const { guard, clocks } = await world({ lastTick });
  assert.equal(await guard.mayTick(), true, 'its own clock agrees with the database');
  const wrong = await world({ lastTick: { ...lastTick, atMs: start + 24 * hour } });
  assert.equal(wrong.guard.verdict.kind, 'Believed');
  clocks.here -= 24 * hour;
  assert.equal(await guard.mayTick(), true, 'a clock of its own that turns wrong is no reason');
});

test('a clock that differs by more than 2 s is logged once, and leaves its ticks to one that is right and ticks', async () => {
  const { guard, clocks, kept, pass, lines } = await world();
  await guard.ticked();
  assert.deepEqual(kept.tick, { atMs: start, processId: 'own', aheadMs: 0 });
  clocks.here += 1_900;
  assert.equal(await guard.compare([]), 1_900);
  assert.equal(lines('differ'), 0);
  clocks.here -= hour;
  assert.equal(await guard.compare([]), 1_900 - hour);
  await guard.compare([]);
  assert.equal(lines('differ'), 1);
  assert.equal(await guard.mayTick(), true, 'nobody else ticks');
  kept.tick = { atMs: clocks.database, processId: 'other', aheadMs: 5 };
  assert.equal(await guard.mayTick(), false);
  pass(7_000);
  assert.equal(await guard.mayTick(), true, 'the other has stopped');
  clocks.here = clocks.database;
  await guard.compare([]);
  assert.equal(lines('agrees with the database'), 1);
});

test('others that agree on another time raise a doubt: two replicas, or one and Redis', async () => {
  for (const [others, witnesses, kind] of [
    [[{ source: 'process', aheadMs: hour }], [], 'Believed'],
    [
      [
        { source: 'process', aheadMs: hour },
        { source: 'process', aheadMs: hour + 3_000 },
      ],
      [],
      'Believed',
    ],
    [[{ source: 'process', aheadMs: hour }], ['redis'], 'Believed'],
    [[{ source: 'process', aheadMs: hour }], ['redis', 'clusters'], 'Doubted'],
    // Redis is one witness, however many have read it.
    [
      [
        { source: 'redis', aheadMs: hour },
        { source: 'redis', aheadMs: hour },
      ],
      ['redis'],
      'Believed',
    ],
  ] as const) {
    const { guard, clocks, kept } = await world();
    kept.others = [...others];
    const offset = async () => start + hour - clocks.monotonic;
    await guard.compare(witnesses.map((source) => ({ source, offsetMs: offset })));
    await guard.mayGo();
    assert.equal(guard.verdict.kind, kind, JSON.stringify([others, witnesses]));
  }
});

test('a witness that cannot be asked is none', async () => {
  const { guard } = await world();
  await guard.compare([
    { source: 'redis', offsetMs: () => Promise.reject(new Error('away')) },
    { source: 'clusters', offsetMs: async () => undefined },
  ]);
  assert.equal(await guard.mayGo(), true);
});
