/**
 * A cluster that asks to be left alone, and one that suffers everything at random. The connector and the clusters are
 * processes of their own; times are the database's, or those of the simulated cluster's log.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { Fault } from '../../simulator/index.ts';
import type { MeasuredProcess } from '../support/connector-process.ts';
import { allWatched, connect, type Landscape, owe, owedCount, setLandscape } from '../support/landscape.ts';
import { scale } from '../support/scale.ts';
import { until } from '../support/until.ts';

/** What is asserted is the requirement, looked for this much longer. */
const patienceSeconds = 30;

const passing: readonly Fault[] = [
  { kind: 'unreachable', mode: 'refuse' },
  { kind: 'unreachable', mode: 'reset' },
  { kind: 'unreachable', mode: 'blackHole' },
  { kind: 'halfOpen', heals: true },
  { kind: 'certificate', problem: 'authority' },
  { kind: 'mute' },
  { kind: 'slow', ms: 700 },
  { kind: 'unauthorized' },
  { kind: 'throttle', retryAfterSeconds: 2 },
  { kind: 'error', code: 500 },
  { kind: 'error', code: 503, rate: 0.5 },
  { kind: 'truncate', mode: 'cut' },
  { kind: 'truncate', mode: 'clean' },
  { kind: 'cutAfterCommit' },
  { kind: 'dropWatches', afterMs: 200, abrupt: true },
  { kind: 'silentWatches' },
  { kind: 'expired' },
  { kind: 'expired', asHttp: true },
  { kind: 'clockSkew', seconds: -3600 },
  { kind: 'webhookDown' },
  { kind: 'quota' },
];
const seed = Number(process.env.FAULT_SEED ?? 20_260_521);
const faultMinutes = scale;
const terminal = ['Succeeded', 'Failed', 'Cancelled'];

describe('a cluster that', { concurrency: true }, () => {
  const [throttling, faulty, refusing] = [0, 1, 2];
  let landscape: Landscape;
  let connector: MeasuredProcess;
  before(async () => {
    landscape = await setLandscape({ count: 3, speed: 100 });
    connector = connect(landscape);
    await allWatched(landscape);
  });
  after(async () => {
    await connector?.stop();
    await landscape?.close();
  });
  const idOf = (number: number) => landscape.clusterIds.slice(number, number + 1);

  test('throttles for half a minute is asked no sooner than it says, with few calls, and each apply once', async (t) => {
    const { many, pool } = landscape;
    const ours = idOf(throttling);
    const count = 40;
    const verbs = ['patch'];
    await many.strike([throttling], { kind: 'throttle', retryAfterSeconds: 3, rate: 0.9, verbs });
    await many.strike([throttling], { kind: 'error', code: 503, rate: 0.5, verbs });
    await owe(pool, ours, count);
    await sleep(30_000);
    await many.clear([throttling]);
    const endedAt = performance.now();
    await until('all to be delivered', 35 + patienceSeconds, async () => (await owedCount(pool, ours)) === 0);
    t.diagnostic(`all delivered ${((performance.now() - endedAt) / 1000).toFixed(1)} s after the end of it`);

    // A look's dry runs are in the log as well.
    const applies = (await many.requests(throttling)).filter(
      ({ verb, resource, name }) => verb === 'patch' && resource === 'operations' && name?.startsWith('backup-'),
    );
    const refused = applies.filter(({ code }) => code === 429 || code === 503);
    const amplification = (applies.length - refused.length) / count;
    t.diagnostic(`${applies.length} applies for ${count} Operations, ${refused.length} answered with 429 or 503`);
    assert.ok(amplification <= 1.1, `${amplification} applies an Operation`);
    assert.ok(refused.length <= 2 * count, `${refused.length} calls to a cluster that asked to be left alone`);
    for (const [i, { name, code, at }] of applies.entries()) {
      const next = applies.slice(i + 1).find((later) => later.name === name);
      if (code !== 429 || next === undefined) continue;
      assert.ok(next.at - at >= 2_700, `asked again after ${next.at - at} ms`);
    }
  });

  test('refuses every call for a minute is sent a tenth more calls than it is owed Operations at most', async (t) => {
    const { many, pool } = landscape;
    const ours = idOf(refusing);
    const verbs = ['patch'];
    const [perSecond, seconds] = [5, 60];
    await many.strike([refusing], { kind: 'throttle', retryAfterSeconds: 1, verbs });
    const beganAt = performance.now();
    for (let second = 0; second < seconds; second += 1) {
      if (second === seconds / 2) {
        await many.clear([refusing]);
        await many.strike([refusing], { kind: 'error', code: 503, retryAfterSeconds: 5, verbs });
      }
      await owe(pool, ours, perSecond);
      await sleep(Math.max(0, beganAt + (second + 1) * 1000 - performance.now()));
    }
    await many.clear([refusing]);
    const endedAt = performance.now();
    await until('all to be delivered', 35 + patienceSeconds, async () => (await owedCount(pool, ours)) === 0);
    t.diagnostic(`all delivered ${((performance.now() - endedAt) / 1000).toFixed(1)} s after the end of it`);

    const applies = (await many.requests(refusing)).filter(
      ({ verb, resource, name }) => verb === 'patch' && resource === 'operations' && name?.startsWith('backup-'),
    );
    const refused = applies.filter(({ code }) => code === 429 || code === 503);
    const amplification = applies.length / (perSecond * seconds);
    t.diagnostic(`${applies.length} applies for ${perSecond * seconds} Operations: ${amplification.toFixed(3)} each`);
    assert.ok(refused.length > 0 && amplification <= 1.1, `${amplification} applies an Operation`);
    for (const { code, at } of refused) {
      // What was under way when the answer came is done within a second.
      const soonest = (code === 429 ? 1 : 5) * 900;
      const early = applies.find((later) => later.at > at + 800 && later.at < at + soonest);
      assert.equal(early, undefined, `called ${(early?.at ?? 0) - at} ms after a ${code}`);
    }
  });

  test('suffers faults at random has its list in the record within 30 s, in 2 s while well, and costs nothing that stays', async (t) => {
    const { many, pool } = landscape;
    const ours = idOf(faulty);
    const recorded = async (): Promise<Readonly<Record<string, string>>> => {
      const { rows } = await pool.query('select name, phase from operation where cluster_id = any($1::uuid[])', [ours]);
      return Object.fromEntries(rows.map(({ name, phase }) => [name, phase]));
    };
    const stated = async () =>
      Object.fromEntries((await many.operations(faulty)).map((each) => [each.name, each.phase]));
    const [saidAt, knownAt] = [new Map<string, number>(), new Map<string, number>()];
    const note = (times: Map<string, number>, phases: Readonly<Record<string, string>>) => {
      for (const [name, phase] of Object.entries(phases))
        if (terminal.includes(phase) && !times.has(name)) times.set(name, performance.now());
    };
    const healthyCount = 45;
    const lastAt = performance.now() + 60_000;
    for (let made = 0, askedAt = 0; knownAt.size < healthyCount; ) {
      assert.ok(performance.now() < lastAt, `${knownAt.size} of ${made} Operations have ended`);
      if (made < healthyCount && performance.now() - askedAt > 330) {
        askedAt = performance.now();
        made += 1;
        await owe(pool, ours, 1);
      }
      note(saidAt, await stated());
      note(knownAt, await recorded());
      await sleep(20);
    }
    const lags = [...knownAt].map(([name, at]) => Math.max(0, at - (saidAt.get(name) ?? at))).sort((a, b) => a - b);
    const p99 = lags[Math.floor(lags.length * 0.99)] ?? Number.NaN;
    t.diagnostic(`from the cluster's word to the row: p99 ${p99.toFixed(0)} ms`);
    assert.ok(p99 <= 2_000, `${p99} ms`);

    const draw = fc.record({ fault: fc.constantFrom(...passing), lastsMs: fc.integer({ min: 500, max: 3_000 }) });
    const before = { memory: connector.memory(), descriptors: connector.descriptorCount() };
    const endAt = performance.now() + faultMinutes * 60_000;
    let faultCount = 0;
    for (const { fault, lastsMs } of fc.sample(draw, { seed, numRuns: 200 * faultMinutes })) {
      if (performance.now() >= endAt) break;
      faultCount += 1;
      await owe(pool, ours, 1);
      await many.strike([faulty], fault);
      await owe(pool, ours, 1);
      await sleep(lastsMs);
      await many.clear([faulty]);
    }
    const endedAt = performance.now();
    let wrong: readonly string[] = [];
    await until('the record to equal the list', 30 + patienceSeconds, async () => {
      const [known, said] = [await recorded(), await stated()];
      const names = [...new Set([...Object.keys(known), ...Object.keys(said)])];
      wrong = names
        .filter((name) => known[name] !== said[name] || !terminal.includes(known[name] ?? ''))
        .map((name) => `${name}: recorded ${known[name]}, in the cluster ${said[name]}`);
      return wrong.length === 0;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}, seed ${seed}: ${wrong.join('; ')}`);
    });
    const seconds = (performance.now() - endedAt) / 1000;
    t.diagnostic(
      `equal ${seconds.toFixed(1)} s after ${faultCount} faults, ${Object.keys(await recorded()).length} rows`,
    );
    assert.ok(seconds <= 30, `equal only after ${seconds.toFixed(1)} s`);

    const [memory, descriptors] = [connector.memory(), connector.descriptorCount()];
    t.diagnostic(
      `memory ${before.memory.toFixed(0)} to ${memory.toFixed(0)} MiB, descriptors ${before.descriptors} to ${descriptors}`,
    );
    // Three connections to each cluster, and what the database's pool may still open.
    const room = 3 * landscape.clusterIds.length + 10;
    assert.ok(descriptors <= before.descriptors + room, `${before.descriptors} descriptors became ${descriptors}`);
    assert.ok(memory <= before.memory + 200, `${before.memory} MiB became ${memory}`);
  });
});
