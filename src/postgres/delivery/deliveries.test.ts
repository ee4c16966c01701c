/** What may be claimed for a cluster, by whom and in which order, and what a claim makes of it. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { keptLog } from '../../../test/support/log.ts';
import { seedOperation, seedSchedules } from '../../../test/support/seed.ts';
import { type Opened, openStore } from '../store.ts';

const now = '2026-01-10T00:00:00.000Z';
const at = (ms: number) => new Date(Date.parse(now) + ms).toISOString();
const owed = { owed: 'Apply', next_attempt_at: now };

describe('deliveries', () => {
  let database: TestDatabase;
  let opened: Opened;
  let clusterId = '';
  before(async () => {
    database = await freshDatabase();
    opened = await openStore({ url: database.url, secretsKey: Buffer.alloc(32, 1), log: keptLog().log });
    const { clusterIds } = await seedSchedules(opened.pool, { scheduleCount: 1, clusterCount: 1 });
    clusterId = clusterIds[0] ?? '';
  });
  beforeEach(async () => {
    await opened.pool.query('truncate operation, held_row cascade');
    await opened.pool.query('update cluster set throttled_until = null');
  });
  after(async () => {
    await opened.close();
    await database.drop();
  });

  const claim = (approved?: ReadonlySet<string>, limit = 10) =>
    opened.deliveries.claim(clusterId, now, limit, 12, approved);
  const names = async (approved?: ReadonlySet<string>, limit?: number) =>
    (await claim(approved, limit)).map(({ operation }) => operation.name);
  const only = async (columns: object) => {
    await opened.pool.query('truncate operation cascade');
    return seedOperation(opened.pool, { name: 'o', ...owed, ...columns });
  };
  const dueClusters = async () => (await opened.deliveries.dueClusters(now)).length;

  test('are due from their moment on, unless they are held or their cluster asked for a pause', async () => {
    for (const [columns, isDue] of [
      [{}, true],
      [{ next_attempt_at: at(1) }, false],
      [{ owed: 'Delete' }, true],
      [{ owed: null, deletion_reason: 'Withdraw' }, true],
      [{ owed: null, deletion_reason: 'Withdraw', next_attempt_at: null }, false],
      [{ owed: null, next_attempt_at: null }, false],
    ] as const) {
      const id = await only(columns);
      assert.equal(await dueClusters(), isDue ? 1 : 0, JSON.stringify(columns));
      await opened.pool.query('update cluster set throttled_until = $1', [at(1)]);
      assert.deepEqual([await dueClusters(), await names()], [0, []], 'a pause');
      await opened.pool.query('update cluster set throttled_until = $1', [now]);
      assert.equal(await dueClusters(), isDue ? 1 : 0, 'a pause that is over');
      await opened.heldRows.putAside(
        'deliver',
        [{ item: { resourceType: 'Operation', resourceId: id }, error: 'x' }],
        now,
      );
      assert.deepEqual([await dueClusters(), await names()], [0, []], 'held');
      await opened.heldRows.release('deliver', [id]);
      assert.deepEqual(await names(), isDue ? ['o'] : []);
      assert.deepEqual(await names(), [], 'claimed already');
    }
  });

  test('past their deadline are claimed only where the cluster may have them, or a deletion is owed', async () => {
    const late = { deliver_before: now };
    for (const [columns, isClaimed] of [
      [{ deliver_before: at(1) }, true],
      [late, false],
      [{ ...late, unanswered: 1 }, true],
      [{ ...late, uid: 'u' }, true],
      [{ ...late, cancel_requested_at: now }, true],
      [{ ...late, owed: 'Delete' }, true],
      [{ ...late, owed: null, deletion_reason: 'Withdraw' }, true],
    ] as const) {
      await only(columns);
      assert.deepEqual(await names(), isClaimed ? ['o'] : [], JSON.stringify(columns));
    }
  });

  test('that are claimed count the try, and an apply counts as unanswered; a cancel goes over whatever was owed', async () => {
    for (const [columns, action, unanswered] of [
      [{}, 'Apply', 1],
      [{ unanswered: 2 }, 'Apply', 3],
      [{ cancel_requested_at: now }, 'Cancel', 0],
      [{ owed: 'Delete', cancel_requested_at: now }, 'Cancel', 0],
      [{ owed: 'Delete' }, 'Cancel', 0],
      [{ owed: null, deletion_reason: 'Withdraw' }, 'Withdraw', 0],
      [{ owed: null, deletion_reason: 'Withdraw', cancel_requested_at: now }, 'Cancel', 0],
      [{ owed: null, deletion_reason: 'Tidy', cancel_requested_at: now }, 'Tidy', 0],
    ] as const) {
      await only({ attempts: 4, ...columns });
      const [claimed] = await claim();
      assert.deepEqual(
        [claimed?.action, claimed?.attempts, claimed?.unanswered],
        [action, 5, unanswered],
        JSON.stringify(columns),
      );
      const { rows } = await opened.pool.query(
        'select next_attempt_at, lease_id::text, deletion_reason from operation',
      );
      assert.deepEqual([rows[0].next_attempt_at.toISOString(), rows[0].lease_id], [at(12_000), claimed?.leaseId]);
      assert.equal(rows[0].deletion_reason, action === 'Withdraw' || action === 'Tidy' ? action : null);
    }
  });

  test('go in the order of their slots or of their making, as many as are asked for', async () => {
    const { rows } = await opened.pool.query('select id::text from schedule');
    await seedOperation(opened.pool, { name: 'third', ...owed, created_at: at(-1) });
    await seedOperation(opened.pool, { name: 'first', ...owed, created_at: at(-3) });
    const slot = { schedule_id: rows[0].id, scheduled_for: at(-2) };
    await seedOperation(opened.pool, { name: 'second', ...owed, created_at: at(-9), ...slot });
    assert.deepEqual(await names(undefined, 2), ['first', 'second']);
    assert.deepEqual(await names(undefined, 2), ['third']);
  });

  test('of a Backup and a Restore of one application never both go, and neither waits for what is not open', async () => {
    const open = { phase: 'Running', uid: 'u', owed: null, next_attempt_at: null };
    for (const [type, other, goes] of [
      ['Backup', { type: 'Restore', ...open }, false],
      ['Backup', { type: 'Restore', ...open, uid: null }, true],
      ['Backup', { type: 'Restore', ...open, uid: null, unanswered: 1 }, false],
      ['Backup', { type: 'Restore', ...open, phase: 'Succeeded' }, true],
      ['Backup', { type: 'Backup', ...open }, true],
      ['Restore', { type: 'Backup', ...open }, false],
      ['Restore', { type: 'Backup', ...open, phase: 'Failed' }, true],
      ['Restore', { type: 'Backup', ...owed }, false],
      ['Restore', { type: 'Backup', ...owed, next_attempt_at: at(1) }, true],
      ['Restore', { type: 'Restore', ...open }, true],
    ] as const) {
      await only({ type });
      await seedOperation(opened.pool, { name: 'other', ...other });
      assert.equal((await names()).includes('o'), goes, `${type} ${JSON.stringify(other)}`);
    }
    // What may be in the cluster goes on, whatever else is open.
    for (const columns of [{ uid: 'mine' }, { unanswered: 1 }, { cancel_requested_at: now }, { owed: 'Delete' }]) {
      await only(columns);
      await seedOperation(opened.pool, { name: 'other', type: 'Restore', ...open });
      assert.deepEqual(await names(), ['o'], JSON.stringify(columns));
    }
  });

  test('that wait are decided once each, with the oldest open Operation that they must not meet', async () => {
    const open = { phase: 'Running', uid: 'u' };
    for (const [type, otherType] of [
      ['Backup', 'Restore'],
      ['Restore', 'Backup'],
    ] as const) {
      await only({ type });
      for (const [name, columns] of [
        ['not open', { phase: 'Succeeded' }],
        ['oldest', {}],
        ['newer', { phase: 'Pending' }],
      ] as const)
        await seedOperation(opened.pool, { name, type: otherType, ...open, ...columns });
      await seedOperation(opened.pool, { name: 'of its own type', type, ...open });
      const seen: unknown[] = [];
      await opened.deliveries.holdBack(clusterId, now, ({ operation, openOther }) => {
        seen.push([operation.name, openOther]);
        return { operation, changed: false, lookAgainAt: at(7), events: [] };
      });
      assert.deepEqual(seen, [['o', { type: otherType, name: 'oldest', phase: 'Running' }]]);
      const { rows } = await opened.pool.query(`select next_attempt_at from operation where name = 'o'`);
      assert.equal(rows[0].next_attempt_at.toISOString(), at(7));
    }
  });

  test('of Restores go those that are approved, where an approval is demanded; of what was sent, all', async () => {
    const id = await only({ type: 'Restore' });
    assert.deepEqual(await opened.deliveries.unsentRestores(clusterId, now), [id]);
    assert.deepEqual(await names(new Set()), []);
    assert.deepEqual(await names(new Set([id])), ['o']);
    for (const columns of [{ uid: 'u' }, { unanswered: 1 }, { cancel_requested_at: now }, { owed: 'Delete' }]) {
      await only({ type: 'Restore', ...columns });
      assert.deepEqual(await opened.deliveries.unsentRestores(clusterId, now), [], JSON.stringify(columns));
      assert.deepEqual(await names(new Set()), ['o'], JSON.stringify(columns));
    }
    await only({ type: 'Restore', next_attempt_at: at(1) });
    assert.deepEqual(await opened.deliveries.unsentRestores(clusterId, now), []);
    await only({});
    assert.deepEqual(await opened.deliveries.unsentRestores(clusterId, now), []);
    assert.deepEqual(await names(new Set()), ['o'], 'a Backup needs none');
  });

  test('that somebody changed since their claim are decided as they are by then', async () => {
    for (const change of ['revision = revision + 1', `observed_version = '8'`]) {
      await only({ observed_version: '7' });
      const [claimed] = await claim();
      assert.ok(claimed);
      await opened.pool.query(`update operation set ${change}, cancel_requested_at = $1`, [now]);
      const seen: unknown[] = [];
      const answers = [{ claim: claimed, answer: { kind: 'Absent' } as const }];
      await opened.deliveries.record(
        answers,
        ({ operation, attempts, unanswered }) => {
          seen.push(operation.cancelRequestedAt);
          return { operation, owed: undefined, attempts, unanswered, events: [] };
        },
        now,
      );
      assert.deepEqual(seen, [now], change);
    }
  });

  test('that another connector is claiming are passed over', async () => {
    const id = await only({});
    await seedOperation(opened.pool, { name: 'other', ...owed });
    const client = await opened.pool.connect();
    await client.query('begin');
    await client.query('select from operation where id = $1 for update', [id]);
    const claimed = await names();
    await client.query('rollback');
    client.release();
    assert.deepEqual(claimed, ['other']);
  });

  test('are renewed and recorded by whoever claimed them, and by nobody else', async () => {
    await only({});
    const [mine] = await claim();
    assert.ok(mine);
    const decide = () => ({ operation: mine.operation, owed: undefined, attempts: 7, unanswered: 0, events: [] });
    const record = (leaseId: string) =>
      opened.deliveries.record([{ claim: { ...mine, leaseId }, answer: { kind: 'Absent' } }], decide, now);
    const another = '00000000-0000-4000-8000-000000000001';
    assert.equal((await opened.deliveries.renew([{ ...mine, leaseId: another }], now, 12)).size, 0);
    assert.deepEqual([...(await opened.deliveries.renew([mine], at(4_000), 12))], [mine.operation.id]);
    const { rows } = await opened.pool.query('select next_attempt_at from operation');
    assert.equal(rows[0].next_attempt_at.toISOString(), at(16_000));
    assert.equal((await opened.deliveries.renew([], now, 12)).size, 0);
    assert.equal(await record(another), 0);
    assert.equal(await record(mine.leaseId), 1);
    assert.equal(await record(mine.leaseId), 0, 'the lease has ended');
    assert.equal((await opened.deliveries.renew([mine], now, 12)).size, 0);
    const after = (await opened.pool.query('select attempts, owed, lease_id from operation')).rows[0];
    assert.deepEqual(after, { attempts: 7, owed: null, lease_id: null });
  });
});
