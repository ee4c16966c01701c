/** The watchdog finds tasks of the service that do not succeed, from any process, and cries for no other. */

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { findings as declared } from '../../src/core/catalogue.ts';
import type { TaskStanding } from '../../src/core/kernel/task.ts';
import { watchdog } from '../../src/core/watchdog/watchdog.ts';
import { keptLog } from '../support/log.ts';
import { startApi, type TestApi } from './harness.ts';

const short: TaskStanding = { name: 'short', role: 'scheduler', everySeconds: 5, runsHere: true };
const long: TaskStanding = { name: 'long', role: 'connector', everySeconds: 60, runsHere: false };

describe('the watchdog over tasks', () => {
  let api: TestApi;
  before(async () => {
    api = await startApi();
  });
  beforeEach(() => api.opened.pool.query('delete from task'));
  after(() => api?.close());

  const report = (...standings: readonly TaskStanding[]) => api.opened.taskRecord.report(standings);
  const findings = async () => (await api.call('GET', '/v1/watchdog')).body.findings;
  const found = async () => (await findings()).map(({ name }: { name: string }) => name);
  /** As if so much time had passed without any success or report; what `except` names is as it was. */
  const pass = (seconds: number, ...except: readonly string[]) => {
    const columns = ['registered_at', 'seen_at', 'run_at', 'last_success_at'].filter((each) => !except.includes(each));
    return api.opened.pool.query(
      `update task set ${columns.map((each) => `${each} = ${each} - $1 * interval '1 second'`).join(', ')}`,
      [seconds],
    );
  };
  /** The same while processes go on reporting. */
  const passReported = (seconds: number) => pass(seconds, 'seen_at', 'run_at');

  test('finds a task that has not succeeded for five periods, and for a minute at least', async () => {
    await report({ ...short, succeededSecondsAgo: 0 }, { ...long, succeededSecondsAgo: 0 });
    assert.deepEqual(await found(), []);
    await passReported(55);
    assert.deepEqual(await found(), []);
    await passReported(10);
    assert.deepEqual(await found(), ['short']);
    await passReported(230);
    assert.deepEqual(await found(), ['short']);
    await passReported(10);
    assert.deepEqual(await found(), ['long', 'short']);
    const { body } = await api.call('GET', '/v1/watchdog');
    assert.equal(body.counts.find(({ kind }: { kind: string }) => kind === 'TaskNotSucceeding').count, 2);
  });

  test('a finding names the task and its role, and tells a task that nobody runs from one that fails', async () => {
    const began = Date.now();
    await report(short, long);
    await passReported(400);
    await report({ ...short, runsHere: false }, long);
    const [nobodys, failing] = await findings();
    for (const finding of [nobodys, failing]) {
      const { kind, resourceType, since, ...rest } = finding;
      assert.deepEqual([kind, resourceType], ['TaskNotSucceeding', 'Task']);
      assert.deepEqual(Object.keys(rest).sort(), ['name', 'whatToDo']);
      assert.ok(Math.abs(began - 400_000 - Date.parse(since)) < 10_000, since);
    }
    assert.match(failing.whatToDo, /fail or hang.*role scheduler/);
    assert.match(nobodys.whatToDo, /No replica runs it.*role connector/);

    await pass(40, 'seen_at');
    const [, abandoned] = await findings();
    assert.match(abandoned.whatToDo, /No replica runs it.*role scheduler/);
  });

  test('each is logged once, and again after it had succeeded', async () => {
    const { log, text } = keptLog();
    const look = watchdog({ ...api.opened, findings: declared, log });
    const errors = () => text().split('broken invariant').length - 1;
    await report(short, long);
    await passReported(400);
    await look();
    await look();
    assert.equal(errors(), 2);
    await report({ ...short, succeededSecondsAgo: 0 });
    assert.equal((await look()).findings.length, 1);
    await passReported(400);
    await look();
    assert.equal(errors(), 3);
  });

  test('a task is well while one of several processes succeeds with it', async () => {
    await report(short);
    await passReported(400);
    await report({ ...short, succeededSecondsAgo: 2 });
    await report({ ...short, succeededSecondsAgo: 300 });
    await report(short);
    await report({ ...short, runsHere: false });
    assert.deepEqual(await found(), []);
  });

  test('a task that no version has any more is found no more, and forgotten after a day', async () => {
    await report(short, long);
    await passReported(3600);
    assert.deepEqual(await found(), ['long', 'short']);
    await pass(31);
    await report(long);
    assert.deepEqual(await found(), []);
    const names = async () =>
      (await api.opened.pool.query('select name from task order by name')).rows.map((r) => r.name);
    assert.deepEqual(await names(), ['long', 'short']);
    await pass(24 * 3600);
    await report(long);
    assert.deepEqual(await names(), ['long']);
  });

  test('after all was stopped, or the database was away, a task has its periods again', async () => {
    await report({ ...short, succeededSecondsAgo: 0 }, { ...long, succeededSecondsAgo: 0 });
    await pass(3600);
    await report(short, long);
    assert.deepEqual(await found(), []);
    await passReported(65);
    assert.deepEqual(await found(), ['short']);
  });

  test('a restart within half a minute hides nothing', async () => {
    await report(short);
    await passReported(50);
    await pass(20);
    await report(short);
    assert.deepEqual(await found(), ['short']);
  });

  test("a clock that was set back an hour hides nothing: what lies ahead counts as now's", async () => {
    await report({ ...short, succeededSecondsAgo: 0 });
    await pass(-3600);
    await report(short);
    const { rows } = await api.opened.pool.query(
      `select greatest(registered_at, seen_at, run_at, last_success_at) > clock_timestamp() + interval '1 second' as ahead from task`,
    );
    assert.deepEqual(rows, [{ ahead: false }]);
    await passReported(65);
    assert.deepEqual(await found(), ['short']);
  });

  test('a clock that was set forward finds nothing before the periods have passed', async () => {
    await report({ ...short, succeededSecondsAgo: 0 });
    await pass(3600);
    assert.deepEqual(await found(), []);
    await report(short);
    assert.deepEqual(await found(), []);
  });

  test('processes that report at once, in any order, do not block each other', async () => {
    const many = Array.from({ length: 100 }, (_, n) => ({ ...short, name: `task-${n}` }));
    await Promise.all(Array.from({ length: 100 }, (_, n) => report(...(n % 2 === 0 ? many : many.toReversed()))));
  });
});
