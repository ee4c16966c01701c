/** At which moment the watchdog begins to find a row that breaks an invariant, and what it takes for no finding. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Pool, type PoolClient } from 'pg';
import { v7 } from 'uuid';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { seedOperation, seedSchedules } from '../../../test/support/seed.ts';
import { staleHeldSeconds } from '../../core/kernel/rules/broken/held-row.ts';
import { tolerance } from '../../core/watchdog/rules/findings.ts';
import { brokenInvariants } from './invariants.ts';

const now = new Date();
/** In SQL, before that moment; ahead of it where negative. */
const at = (secondsAgo: number) => new Date(now.getTime() - secondsAgo * 1000).toISOString();
const ago = (seconds: number) => `timestamptz '${at(seconds)}'`;
const since = (type: string, seconds: number) =>
  `jsonb_build_array(jsonb_build_object('type', '${type}', 'status', 'True', 'reason', 'r', 'message', 'm', 'lastTransitionTime', ${ago(seconds)}))`;
const { pastDeadlineSeconds, leaseSeconds, historySeconds, aheadSeconds } = tolerance;
const classDeadlines = { pending: 1_800, running: 14_400, restoreWait: 600 };
const pending = `phase = 'Pending', finished_at = null`;
const running = `phase = 'Running', finished_at = null`;
const longRunning = ago(classDeadlines.running + pastDeadlineSeconds);
const waiting = ago(classDeadlines.restoreWait);

interface Case {
  readonly kind: string;
  readonly resource: 'operation' | 'schedule' | 'fire' | 'cluster';
  /** Brings the row to the edge of what is a finding. */
  readonly edge: string;
  /** What else that takes, of the one row of other tables. */
  readonly beside?: string;
  /** In milliseconds from now: the last or first moment at which it is none, and the one beside it at which it is. */
  readonly moments: readonly [healthy: number, broken: number];
  /** What makes it none at any time. */
  readonly unless: readonly string[];
}

const [late, until] = [[0, 1] as const, [0, -1] as const];
const cases: readonly Case[] = [
  {
    kind: 'ScheduleOverdue',
    resource: 'schedule',
    edge: `next_fire_at = ${ago(tolerance.overdueSeconds)}`,
    moments: late,
    unless: ['next_fire_at = null, suspend = true'],
  },
  {
    kind: 'OperationUndelivered',
    resource: 'operation',
    edge: `${pending}, deliver_before = ${ago(pastDeadlineSeconds)}`,
    moments: late,
    unless: [`delivered_at = ${ago(1)}`, `phase = 'Running'`, `phase = 'Failed'`],
  },
  {
    kind: 'DeliveryLeaseExpired',
    resource: 'operation',
    edge: `${running}, owed = 'Delete', lease_id = gen_random_uuid(), next_attempt_at = ${ago(leaseSeconds)}`,
    moments: late,
    unless: ['lease_id = null'],
  },
  {
    kind: 'OperationReturned',
    resource: 'operation',
    edge: `revision = revision`,
    beside: `insert into returned_resource (operation_id, uid, cluster_id, namespace, name, phase, seen_at)
             select id, 'another', cluster_id, namespace, name, 'Pending', ${ago(60)} from operation`,
    moments: late,
    unless: [],
  },
  {
    kind: 'OperationNotStarted',
    resource: 'operation',
    edge: `${pending}, delivered_at = ${ago(classDeadlines.pending + pastDeadlineSeconds)}`,
    moments: late,
    unless: [`phase = 'Running'`, `phase = 'Failed'`, `origin = 'cluster'`, `conditions = ${since('Withdrawing', 1)}`],
  },
  {
    kind: 'OperationRunningTooLong',
    resource: 'operation',
    edge: `${running}, started_at = ${longRunning}, delivered_at = ${longRunning}`,
    moments: late,
    unless: [
      `phase = 'Succeeded'`,
      `origin = 'cluster'`,
      `conditions = ${since('Overdue', 1)}`,
      `started_at = ${ago(60)}`,
      `delivered_at = ${ago(60)}`,
    ],
  },
  {
    kind: 'WithdrawalNotDone',
    resource: 'operation',
    edge: `${pending}, conditions = ${since('Withdrawing', tolerance.withdrawalSeconds)}`,
    moments: late,
    unless: [`phase = 'Failed'`, `conditions = jsonb_set(conditions, '{0,status}', '"False"')`],
  },
  {
    kind: 'WithdrawalNotDone',
    resource: 'operation',
    edge: `phase = 'Failed', deletion_reason = 'Withdraw', next_attempt_at = ${ago(0)}, conditions = ${since('Withdrawing', tolerance.withdrawalSeconds)}`,
    moments: late,
    unless: ['next_attempt_at = null', `deletion_reason = 'Tidy'`],
  },
  {
    kind: 'RestoreOverdue',
    resource: 'operation',
    edge: `${running}, conditions = ${since('Overdue', 0)}`,
    moments: [0, 0],
    unless: [`phase = 'Failed'`, `conditions = jsonb_set(conditions, '{0,status}', '"False"')`],
  },
  {
    kind: 'DeletionStuck',
    resource: 'operation',
    edge: `deleting_since = ${ago(tolerance.deletionSeconds)}`,
    moments: late,
    unless: [`deletion_reason = 'Tidy'`],
  },
  {
    kind: 'TidyingNotDone',
    resource: 'operation',
    edge: `deletion_reason = 'Tidy', next_attempt_at = ${ago(0)}, conditions = ${since('Tidied', tolerance.tidyingSeconds)}`,
    moments: late,
    unless: ['next_attempt_at = null', `deletion_reason = 'Withdraw'`],
  },
  {
    kind: 'EndedOperationBlocked',
    resource: 'operation',
    edge: `conditions = ${since('Blocked', tolerance.blockedSeconds)}`,
    moments: late,
    unless: [running, `origin = 'cluster'`, `conditions = jsonb_set(conditions, '{0,status}', '"False"')`],
  },
  {
    kind: 'BackupsWaitForRestore',
    resource: 'operation',
    edge: `${running}, type = 'Restore', uid = 'u'`,
    beside: `with deferred as (update schedule set deferred_reason = 'RestoreInFlight', next_slot_at = ${waiting} returning id, next_slot_at)
             insert into fire (id, schedule_id, scheduled_for, slot_count, outcome, reason, fired_at, delay_ms)
             select gen_random_uuid(), id, next_slot_at, 1, 'Deferred', 'RestoreInFlight', ${waiting}, 0 from deferred`,
    moments: [-1, 0],
    unless: [`phase = 'Failed'`, `uid = null, unanswered = 0`, `type = 'Backup'`],
  },
  {
    kind: 'OperationWithoutEvent',
    resource: 'operation',
    edge: `created_at = ${ago(historySeconds)}`,
    beside: 'delete from event',
    moments: until,
    unless: [`origin = 'cluster'`],
  },
  {
    kind: 'OperationOfFutureSlot',
    resource: 'operation',
    edge: `scheduled_for = ${ago(-aheadSeconds)}`,
    moments: until,
    unless: [`created_at = ${ago(historySeconds + 1)}`],
  },
  {
    kind: 'FireWithoutOperation',
    resource: 'fire',
    edge: `operation_id = null, scheduled_for = ${ago(historySeconds)}, fired_at = ${ago(historySeconds)}`,
    moments: until,
    unless: [`outcome = 'Skipped'`],
  },
  {
    kind: 'FireOfFutureSlot',
    resource: 'fire',
    edge: `operation_id = null, outcome = 'Coalesced', last_scheduled_for = ${ago(-aheadSeconds)}, fired_at = ${ago(-3600)}`,
    moments: until,
    unless: [`last_scheduled_for = ${ago(60)}`, 'operation_id = (select id from operation)'],
  },
  {
    kind: 'ClusterAtLocalAddress',
    resource: 'cluster',
    edge: `conditions = jsonb_set(${since('AddressAllowed', 0)}, '{0,reason}', '"LocalAddress"')`,
    moments: [0, 0],
    unless: [`conditions = jsonb_set(conditions, '{0,reason}', '"Denied"')`],
  },
  {
    kind: 'ClusterAtLimit',
    resource: 'cluster',
    edge: `conditions = jsonb_set(${since('Watching', 0)}, '{0,reason}', '"LeftOut"')`,
    moments: [0, 0],
    unless: [`conditions = jsonb_set(conditions, '{0,reason}', '"Limited"')`],
  },
];

describe('the watchdog', () => {
  let database: TestDatabase;
  let pool: Pool;
  const ids = { operation: '', schedule: '', fire: v7(), cluster: '' };

  before(async () => {
    database = await freshDatabase();
    pool = new Pool({ connectionString: database.url, max: 1 });
    await seedSchedules(pool, { scheduleCount: 1, clusterCount: 1, nextFireAt: ago(-3600) });
    await pool.query(
      `update application_class set pending_deadline_seconds = $1, running_deadline_seconds = $2, restore_wait_seconds = $3`,
      [classDeadlines.pending, classDeadlines.running, classDeadlines.restoreWait],
    );
    const [row] = (await pool.query('select id::text as schedule, cluster_id::text as cluster from schedule')).rows;
    Object.assign(ids, row);
    const ended = { phase: 'Succeeded', created_at: at(60), finished_at: at(30) };
    ids.operation = await seedOperation(pool, { ...ended, schedule_id: ids.schedule, scheduled_for: at(60) });
    await pool.query(
      `insert into event (id, organization_id, operation_id, type, reason, message, at)
       select gen_random_uuid(), organization_id, id, 'Normal', 'Created', '', created_at from operation`,
    );
    await pool.query(
      `insert into fire (id, schedule_id, scheduled_for, slot_count, outcome, reason, operation_id, fired_at, delay_ms)
       select $1, schedule_id, scheduled_for, 1, 'Fired', 'OnTime', id, created_at, 0 from operation`,
      [ids.fire],
    );
  });
  after(async () => {
    await pool.end();
    await database.drop();
  });

  /** What is looked at after these changes, which do not stay. */
  const changed = async <T>(changes: readonly string[], look: (client: PoolClient) => Promise<T>): Promise<T> => {
    const client = await pool.connect();
    try {
      await client.query('begin');
      for (const change of changes) await client.query(change);
      return await look(client);
    } finally {
      await client.query('rollback');
      client.release();
    }
  };
  /** What is found so many milliseconds from now. */
  const found = (changes: readonly string[], moments: readonly number[]) =>
    changed(changes, (client) => Promise.all(moments.map((each) => kindsAt(client, each))));
  const kindsAt = async (client: PoolClient, moment: number) => {
    const { rows } = await client.query(brokenInvariants, [new Date(now.getTime() + moment).toISOString()]);
    return rows.map(({ kind, resourceId }) => `${kind} ${resourceId}`);
  };
  const changesOf = ({ resource, edge, beside }: Case) =>
    [`update ${resource} set ${edge} where id = '${ids[resource]}'`, beside].filter((each) => each !== undefined);

  test('finds nothing in rows that are well', async () => {
    assert.deepEqual(await found([], [0]), [[]]);
  });

  for (const each of cases) {
    const { kind, resource, moments, unless } = each;
    test(`finds ${kind} to the moment, and not where something else accounts for it`, async () => {
      const [healthy, broken] = await found(changesOf(each), moments);
      if (moments[0] !== moments[1]) assert.deepEqual(healthy, [], 'too early');
      assert.deepEqual(broken, [`${kind} ${ids[resource]}`]);
      for (const more of unless) {
        const changes = [...changesOf(each), `update ${resource} set ${more} where id = '${ids[resource]}'`];
        const [others] = await found(changes, [moments[1]]);
        assert.ok(!others?.includes(`${kind} ${ids[resource]}`), more);
      }
    });
  }

  test('takes a delivery for abandoned only five minutes after the pause that its cluster asked for', async () => {
    const abandoned = `update operation set ${running}, owed = 'Delete', lease_id = gen_random_uuid(), next_attempt_at = ${ago(2 * leaseSeconds)}`;
    const pause = `update cluster set throttled_until = ${ago(leaseSeconds)}`;
    assert.deepEqual(await found([abandoned, pause], [-1, 0]), [[], [`DeliveryLeaseExpired ${ids.operation}`]]);
  });

  test('tells of an Operation that a wrong clock has made as of now at the latest', async () => {
    for (const [madeAt, since] of [
      [60, at(60)],
      [-60, at(0)],
    ] as const) {
      const change = `update operation set scheduled_for = ${ago(-2 * aheadSeconds)}, created_at = ${ago(madeAt)}`;
      const [row] = (await changed([change], (client) => client.query(brokenInvariants, [at(0)]))).rows;
      assert.deepEqual([row.kind, row.since.toISOString()], ['OperationOfFutureSlot', since]);
    }
  });

  test('finds a row that is held until an hour after its hold', async () => {
    const held = `insert into held_row (work, resource_type, resource_id, name, reason, message, since, attempts, look_again_at)
                  select 'deliver', 'Operation', id, '', 'Refused', '', created_at, 1, ${ago(staleHeldSeconds)} from operation`;
    assert.deepEqual(await found([held], until), [[], [`RowHeld ${ids.operation}`]]);
  });

  test('finds an API server that two organizations have registered, in both, unless one of them has retired it', async () => {
    const another = v7();
    const twin = [
      `insert into organization (id, name, created_at, updated_at) values ('${another}', 'another', now(), now())`,
      `insert into cluster (id, organization_id, name, server, created_at, updated_at, revision)
       values ('${another}', '${another}', 'twin', 'https://127.0.0.1:1', now(), now(), 1)`,
      `update cluster set kube_system_uid = 'u'`,
    ];
    const expected = [ids.cluster, another].map((id) => `ClusterInTwoOrganizations ${id}`).toSorted();
    assert.deepEqual((await found(twin, [0]))[0]?.toSorted(), expected);
    for (const change of [
      `update cluster set kube_system_uid = null`,
      `update cluster set kube_system_uid = 'other' where name = 'twin'`,
      `update cluster set retired_at = now() where name = 'twin'`,
      `update cluster set organization_id = (select organization_id from schedule) where name = 'twin'`,
    ])
      assert.deepEqual(await found([...twin, change], [0]), [[]], change);
  });
});
