/**
 * A cluster that suffers every passing fault at random. The connector and the cluster are processes of their own; what
 * each says is looked at beside the other.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { Fault } from '../../simulator/index.ts';
import type { MeasuredProcess } from '../support/connector-process.ts';
import { allWatched, connect, type Landscape, owe, setLandscape } from '../support/landscape.ts';
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
const seed = 20_260_521;
const terminal = ['Succeeded', 'Failed', 'Cancelled'];

describe('a cluster that', () => {
  const faulty = 0;
  let landscape: Landscape;
  let connector: MeasuredProcess;
  before(async () => {
    landscape = await setLandscape(1, 100);
    connector = connect(landscape);
    await allWatched(landscape);
  });
  after(async () => {
    await connector?.stop();
    await landscape?.close();
  });
  const idOf = (number: number) => landscape.clusterIds.slice(number, number + 1);

  test('suffers faults at random for a minute has its list in the record within 30 s, and in 2 s while well', async (t) => {
    const { many, pool } = landscape;
    const ours = idOf(faulty);
    const recorded = async (): Promise<Readonly<Record<string, string>>> => {
      const { rows } = await pool.query('select name, phase from operation where cluster_id = any($1::uuid[])', [ours]);
      return Object.fromEntries(rows.map(({ name, phase }) => [name, phase]));
    };
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
      note(saidAt, await many.phases(faulty));
      note(knownAt, await recorded());
      await sleep(20);
    }
    const lags = [...knownAt].map(([name, at]) => Math.max(0, at - (saidAt.get(name) ?? at))).sort((a, b) => a - b);
    const p99 = lags[Math.floor(lags.length * 0.99)] ?? Number.NaN;
    t.diagnostic(`from the cluster's word to the row: p99 ${p99.toFixed(0)} ms`);
    assert.ok(p99 <= 2_000, `${p99} ms`);

    const draw = fc.record({ fault: fc.constantFrom(...passing), lastsMs: fc.integer({ min: 500, max: 3_000 }) });
    const endAt = performance.now() + 60_000;
    let faultCount = 0;
    for (const { fault, lastsMs } of fc.sample(draw, { seed, numRuns: 200 })) {
      if (performance.now() >= endAt) break;
      faultCount += 1;
      await owe(pool, ours, 1);
      await many.fault([faulty], fault);
      await owe(pool, ours, 1);
      await sleep(lastsMs);
      await many.fault([faulty], undefined);
    }
    const endedAt = performance.now();
    let wrong: readonly string[] = [];
    await until('the record to equal the list', 30 + patienceSeconds, async () => {
      const [known, said] = [await recorded(), await many.phases(faulty)];
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
  });
});
