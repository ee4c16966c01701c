import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { findings as declared } from '../../src/core/catalogue.ts';
import { watchdog } from '../../src/core/watchdog/watchdog.ts';
import { brokenInvariants } from '../../src/postgres/watchdog/invariants.ts';
import { keptLog } from '../support/log.ts';
import { seedSchedules } from '../support/seed.ts';
import { startTestService } from '../support/service.ts';
import { until } from '../support/until.ts';
import { startApi, type TestApi } from './harness.ts';

const healthy = `
  with made as (
    insert into operation (id, organization_id, cluster_id, application_instance_id, schedule_id, scheduled_for, name, namespace, target, type, engine,
                           parameters, ttl, origin, requested_by, phase, conditions, outputs, warnings, created_at, delivered_at, started_at, revision,
                           owed, next_attempt_at, lease_id)
    select gen_random_uuid(), s.organization_id, s.cluster_id, application_instance_id, s.id, s.next_fire_at - interval '2 hours', i.name, i.namespace,
           i.name, 'Backup', 'velero', '{}', '24h', 'schedule', 'seed', case n % 4 when 0 then 'Pending' when 1 then 'Pending' when 2 then 'Running' else 'Succeeded' end,
           '[]', '{}', '[]', now() - interval '1 minute' * (n % 20), case when n % 4 > 0 then now() - interval '1 minute' * (n % 20) end,
           case when n % 4 > 1 then now() - interval '3 hours' end, 1,
           case when n % 4 = 0 then 'Apply' end, case when n % 4 = 0 then now() - interval '4 minutes' end, case when n % 8 = 0 then gen_random_uuid() end
    from (select *, row_number() over () as n from schedule) s join application_instance i on i.id = s.application_instance_id
    returning *
  ), told as (
    insert into event (id, organization_id, operation_id, type, reason, message, at)
    select gen_random_uuid(), organization_id, id, 'Normal', 'Created', '', created_at from made
  )
  insert into fire (id, schedule_id, scheduled_for, slot_count, outcome, reason, operation_id, fired_at, delay_ms)
  select gen_random_uuid(), schedule_id, scheduled_for, 1, 'Fired', 'OnTime', id, created_at, 0 from made`;

function sinceAnHour(type: string): string {
  return `jsonb_build_array(jsonb_build_object('type', '${type}', 'status', 'True', 'reason', 'r', 'message', 'm', 'lastTransitionTime', now() - interval '61 minutes'))`;
}

/** What breaks each invariant, and how many rows it is done to. */
const corruptions: readonly [kind: string, rows: string, change: string][] = [
  [
    'ScheduleOverdue',
    'select id from schedule order by id limit 3',
    `update schedule set next_fire_at = now() - interval '61 seconds'`,
  ],
  [
    'ScheduleWithoutNextFire',
    'select id from schedule order by id desc limit 3',
    'update schedule set next_fire_at = null',
  ],
  ['FireWithoutOperation', `select id from fire order by id limit 3`, 'update fire set operation_id = null'],
  [
    'OperationWithoutEvent',
    `select id from operation where phase = 'Succeeded' order by id limit 3`,
    'delete from event where operation_id = any($1)',
  ],
  [
    'OperationUndelivered',
    `select id from operation where phase = 'Pending' and lease_id is null and owed is not null order by id limit 2`,
    `update operation set deliver_before = now() - interval '61 seconds'`,
  ],
  [
    'OperationNotStarted',
    `select id from operation where phase = 'Pending' and owed is null order by id limit 2`,
    `update operation set delivered_at = now() - interval '32 minutes'`,
  ],
  [
    'OperationRunningTooLong',
    `select id from operation where phase = 'Running' order by id limit 2`,
    `update operation set started_at = now() - interval '242 minutes', delivered_at = now() - interval '242 minutes'`,
  ],
  [
    'WithdrawalNotDone',
    `select id from operation where phase = 'Pending' and owed is null order by id offset 2 limit 2`,
    `update operation set conditions = ${sinceAnHour('Withdrawing')}`,
  ],
  [
    'RestoreOverdue',
    `select id from operation where phase = 'Running' order by id offset 2 limit 2`,
    `update operation set conditions = ${sinceAnHour('Overdue')}`,
  ],
  [
    'DeletionStuck',
    `select id from operation where phase = 'Succeeded' order by id offset 20 limit 2`,
    `update operation set deleting_since = now() - interval '11 minutes'`,
  ],
  [
    'NextSlotTooLate',
    'select id from schedule where next_fire_at is not null order by id offset 10 limit 2',
    `update schedule set next_slot_at = next_slot_at + interval '1 day'`,
  ],
  [
    'FireOfFutureSlot',
    `select id from fire where operation_id is not null order by id offset 10 limit 2`,
    `update fire set outcome = 'Coalesced', operation_id = null, last_scheduled_for = now() + interval '2 hours', fired_at = now() + interval '1 day'`,
  ],
  [
    'OperationOfFutureSlot',
    `select id from operation where phase = 'Succeeded' order by id offset 10 limit 2`,
    `update operation set scheduled_for = now() + interval '1 day'`,
  ],
  [
    'OperationReturned',
    `select id from operation where phase = 'Succeeded' order by id offset 20 limit 2`,
    `insert into returned_resource (operation_id, uid, cluster_id, namespace, name, phase, seen_at)
     select id, v.uid, cluster_id, namespace, name, 'Pending', now() - interval '2 minutes'
     from operation, lateral (values ('one'), ('two')) v (uid) where id = any($1)`,
  ],
  [
    'DeliveryLeaseExpired',
    'select id from operation where lease_id is not null order by id limit 2',
    `update operation set next_attempt_at = now() - interval '6 minutes'`,
  ],
];

describe('the watchdog', () => {
  let api: TestApi;
  before(async () => {
    api = await startApi();
    await seedSchedules(api.opened.pool, {
      scheduleCount: 10_000,
      schedule: '0 * * * *',
      nextFireAt: `date_trunc('hour', now()) + interval '1 hour'`,
    });
    await api.opened.pool.query(healthy);
    await api.opened.pool.query('analyze');
  });
  after(() => api.close());

  const { log, text } = keptLog();
  const errors = () =>
    text()
      .split('\n')
      .filter((line) => line.includes('broken invariant')).length;

  test('finds nothing in 10,000 healthy schedules, Operations and fires', async () => {
    const { body } = await api.call('GET', '/v1/watchdog');
    assert.deepEqual(body.findings, []);
    assert.deepEqual(
      body.counts,
      Object.keys(declared).map((kind) => ({ kind, count: 0 })),
    );
  });

  test('waits for a connector to take over a delivery while the cluster asked for a pause', async () => {
    const { pool } = api.opened;
    const findings = async () => (await api.call('GET', '/v1/watchdog')).body.findings.length;
    const abandoned = 'select id, cluster_id from operation where lease_id is not null order by id limit 1';
    const { id, cluster_id: clusterId } = (await pool.query(abandoned)).rows[0];
    await pool.query(`update operation set next_attempt_at = now() - interval '6 minutes' where id = $1`, [id]);
    await pool.query(`update cluster set throttled_until = now() + interval '1 minute' where id = $1`, [clusterId]);
    assert.equal(await findings(), 0);
    await pool.query(`update cluster set throttled_until = now() - interval '6 minutes' where id = $1`, [clusterId]);
    assert.equal(await findings(), 1);
    await pool.query(`update cluster set throttled_until = null where id = $1`, [clusterId]);
    await pool.query(`update operation set next_attempt_at = now() - interval '4 minutes' where id = $1`, [id]);
  });

  test('finds every corrupted row in its next round, those and no other, and logs each once', async () => {
    const { pool } = api.opened;
    const look = watchdog({ ...api.opened, findings: declared, log });
    const expected: string[] = [];
    for (const [kind, rows, change] of corruptions) {
      const ids = (await pool.query(rows)).rows.map(({ id }) => id);
      await pool.query(change.includes('$1') ? change : `${change} where id = any($1)`, [ids]);
      expected.push(...ids.map((id) => `${kind} ${id}`));
    }
    const { findings, counts } = await look();
    assert.deepEqual(findings.map(({ kind, resourceId }) => `${kind} ${resourceId}`).sort(), expected.sort());
    assert.deepEqual(
      counts,
      Object.keys(declared).map((kind) => ({
        kind,
        count: expected.filter((each) => each.startsWith(`${kind} `)).length,
      })),
    );
    for (const { whatToDo, since } of findings) assert.ok(whatToDo.length > 20 && Date.parse(since) < Date.now());
    assert.equal(errors(), expected.length);
    await look();
    assert.equal(errors(), expected.length);

    const answer = await api.call('GET', '/v1/watchdog');
    assert.deepEqual(answer.body.findings, findings);
    assert.equal((await api.call('GET', '/v1/watchdog', { key: api.otherKey })).status, 403);
  });

  test('a finding that was put right is gone, and is logged again when it breaks again', async () => {
    const { pool } = api.opened;
    const look = watchdog({ ...api.opened, findings: declared, log });
    const overdue = async () => (await look()).findings.filter(({ kind }) => kind === 'ScheduleOverdue').length;
    assert.equal(await overdue(), 3);
    const before = errors();
    await pool.query(`update schedule set next_fire_at = now() + interval '1 hour' where next_fire_at < now()`);
    assert.equal(await overdue(), 0);
    await pool.query(
      `update schedule set next_fire_at = now() - interval '2 minutes' where id = (select id from schedule where next_fire_at is not null order by id limit 1)`,
    );
    assert.equal(await overdue(), 1);
    assert.equal(errors(), before + 1);
  });

  test('suspended, deleted and ended schedules are no findings, and neither is a slot that was skipped', async () => {
    const { pool } = api.opened;
    const ids = (await pool.query('select id from schedule where next_fire_at > now() order by id limit 4')).rows.map(
      ({ id }) => id,
    );
    const { body: known } = await api.call('GET', '/v1/watchdog');
    await pool.query('update schedule set suspend = true, next_fire_at = null where id = $1', [ids[0]]);
    await pool.query('update schedule set deleted_at = now(), next_fire_at = null where id = $1', [ids[1]]);
    await pool.query(
      `update schedule set ends_at = now() + interval '1 minute', next_slot_at = null, next_fire_at = null where id = $1`,
      [ids[2]],
    );
    await pool.query(
      `update schedule set schedule = null, at = now(), next_slot_at = null, next_fire_at = null where id = $1`,
      [ids[3]],
    );
    await pool.query(`update fire set outcome = 'Skipped', operation_id = null where schedule_id = $1`, [ids[0]]);
    assert.deepEqual((await api.call('GET', '/v1/watchdog')).body.findings, known.findings);
  });

  test('a running scheduler keeps the metric', async () => {
    const service = await startTestService({ backend: 'postgres' });
    try {
      const metric = await until('the first look', 10, async () => {
        return /^backups_watchdog_findings\{kind="ScheduleOverdue"\} \d+$/m.exec(await service.metrics())?.[0];
      });
      assert.match(metric, / 0$/);
    } finally {
      await service.close();
    }
  });

  test('a round takes no longer for 100,000 Operations of the past', async () => {
    const { pool } = api.opened;
    // In parts: on a busy machine one statement would take longer than a statement may.
    for (let part = 0; part < 5; part += 1)
      await pool.query(
        `insert into operation (id, organization_id, cluster_id, application_instance_id, name, namespace, target, type, engine, parameters, ttl,
                              origin, requested_by, phase, conditions, outputs, warnings, created_at, revision)
       select gen_random_uuid(), organization_id, cluster_id, application_instance_id, 'past-' || $1 || '-' || n, namespace, target, type, engine, parameters, ttl,
              'request', 'seed', 'Succeeded', '[]', '{}', '[]', now() - interval '30 days', 1
       from (select * from operation limit 1) o, generate_series(1, 20000) n`,
        [String(part)],
      );
    await pool.query('vacuum analyze operation');
    const { rows } = await pool.query(`explain (analyze, format json) ${brokenInvariants}`, [new Date().toISOString()]);
    const [{ Plan: plan }] = rows[0]['QUERY PLAN'];
    assert.match(JSON.stringify(plan), /operation_created_at_idx/);
  });
});
