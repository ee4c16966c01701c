/** From which moment a copy that is away is gone, what is told of Velero's ends, and what is forgotten. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { keptLog } from '../../../test/support/log.ts';
import { seedOperation, seedSchedules, seedVelero } from '../../../test/support/seed.ts';
import { vanishedAfterSeconds } from '../../core/velero/rules/vanished.ts';
import { type Opened, openStore } from '../store.ts';

const now = '2026-01-10T00:00:00.000Z';
const at = (ms: number) => new Date(Date.parse(now) + ms).toISOString();
const longAway = at(-vanishedAfterSeconds * 1000);
const tooLate = at(-vanishedAfterSeconds * 1000 + 1);
const connectorId = '01a1fc2c-56c4-7482-a9b6-392998819805';

describe("Velero's word in the record", () => {
  let database: TestDatabase;
  let opened: Opened;
  before(async () => {
    database = await freshDatabase();
    opened = await openStore({ url: database.url, secretsKey: Buffer.alloc(32, 1), log: keptLog().log });
    await seedSchedules(opened.pool, { scheduleCount: 1, clusterCount: 1 });
  });
  beforeEach(() =>
    opened.pool.query('truncate operation, velero_resource, velero_watch, cluster_lease, held_row cascade'),
  );
  after(async () => {
    await opened.close();
    await database.drop();
  });
  const run = (sql: string, values: readonly unknown[] = []) => opened.pool.query(sql, [...values]);

  /** A copy of the default location that has been away for just long enough, in a cluster that is watched well. */
  const away = async (more: object = {}) => {
    await seedVelero(opened.pool, {
      kind: 'BackupStorageLocation',
      name: 'default',
      phase: 'Available',
      seen_at: longAway,
    });
    await run(
      `insert into velero_watch (cluster_id, connector_id, epoch, followed_since, seen_at) select id, $1, 1, $2, $3 from cluster`,
      [connectorId, longAway, now],
    );
    await run(
      `insert into cluster_lease (cluster_id, connector_id, epoch, expires_at) select id, $1, 1, clock_timestamp() + interval '50 seconds' from cluster`,
      [connectorId],
    );
    return seedVelero(opened.pool, { away_at: longAway, ...more });
  };
  const vanish = (limit = 10) => opened.veleroRecord.confirmVanished(now, limit, () => undefined);

  test('a copy is gone once it has been away for five minutes, in which all that must be well was', async () => {
    const id = await away();
    for (const [spoil, mend] of [
      [
        `update velero_resource set away_at = $1 where kind = 'Backup'`,
        `update velero_resource set away_at = $1 where kind = 'Backup'`,
      ],
      ['update velero_watch set followed_since = $1', 'update velero_watch set followed_since = $1'],
      [
        `update velero_resource set seen_at = $1 where kind = 'BackupStorageLocation'`,
        `update velero_resource set seen_at = $1 where kind = 'BackupStorageLocation'`,
      ],
    ] as const) {
      await run(spoil, [tooLate]);
      assert.equal(await vanish(), 0, spoil);
      await run(mend, [longAway]);
    }
    for (const [spoil, mend] of [
      [`update cluster_lease set epoch = 2`, `update cluster_lease set epoch = 1`],
      [
        `update cluster_lease set connector_id = gen_random_uuid()`,
        `update cluster_lease set connector_id = '${connectorId}'`,
      ],
      [
        `update cluster_lease set expires_at = clock_timestamp() - interval '1 ms'`,
        `update cluster_lease set expires_at = clock_timestamp() + interval '50 seconds'`,
      ],
      [
        `update cluster_lease set expires_at = clock_timestamp() + interval '10 minutes'`,
        `update cluster_lease set expires_at = clock_timestamp() + interval '50 seconds'`,
      ],
      [
        `update velero_resource set kind = 'Restore' where kind = 'Backup'`,
        `update velero_resource set kind = 'Backup' where kind = 'Restore'`,
      ],
      [
        `update velero_resource set phase = 'Unavailable' where name = 'default'`,
        `update velero_resource set phase = 'Available' where name = 'default'`,
      ],
      [
        `update velero_resource set away_at = seen_at where name = 'default'`,
        `update velero_resource set away_at = null where name = 'default'`,
      ],
      [
        `update velero_resource set name = 'other' where name = 'default'`,
        `update velero_resource set name = 'default' where name = 'other'`,
      ],
      [
        `update velero_resource set storage_location = 'other' where kind = 'Backup'`,
        `update velero_resource set storage_location = 'default' where kind = 'Backup'`,
      ],
    ] as const) {
      await run(spoil);
      assert.equal(await vanish(), 0, spoil);
      await run(mend);
    }
    assert.equal(await vanish(), 1);
    const { rows } = await run('select gone_at from velero_resource where id = $1', [id]);
    assert.equal(rows[0].gone_at.toISOString(), now);
    assert.equal(await vanish(), 0, 'once');
  });

  test('those that went first are gone first, as many as are asked for, each with its Operation', async () => {
    const operationId = await seedOperation(opened.pool, { name: 'ours', phase: 'Cancelled', uid: 'u' });
    await away({ name: 'ours', operation_uid: 'u' });
    await seedVelero(opened.pool, { name: 'theirs', away_at: at(-vanishedAfterSeconds * 1000 - 1) });
    const told: unknown[] = [];
    const one = () =>
      opened.veleroRecord.confirmVanished(now, 1, ({ name }, owner) => {
        told.push([name, owner?.operationId, owner?.cancelled]);
        return undefined;
      });
    assert.deepEqual([await one(), await one(), await one()], [1, 1, 0]);
    assert.deepEqual(told, [
      ['theirs', undefined, undefined],
      ['ours', operationId, true],
    ]);
  });

  test('the Operation of a copy that is gone leaves its cluster now, if it had made one and has not left', async () => {
    await away({ name: 'ours' });
    const id = await seedOperation(opened.pool, { name: 'ours', phase: 'Succeeded', tidy_at: at(1) });
    const tidyAt = async (copied: boolean, leftAt: string | null, due: string) => {
      await run('update velero_resource set gone_at = null, copied = $1 where name = $2', [copied, 'ours']);
      await run('update operation set resource_left_at = $2, tidy_at = $3 where id = $1', [id, leftAt, due]);
      assert.equal(await vanish(), 1);
      return (await run('select tidy_at from operation')).rows[0].tidy_at.toISOString();
    };
    assert.equal(await tidyAt(true, null, at(1)), now);
    assert.equal(await tidyAt(false, null, at(1)), at(1));
    assert.equal(await tidyAt(true, now, at(1)), at(1));
    assert.equal(await tidyAt(true, null, at(-1)), at(-1));
  });

  test("an end of Velero's is told once, of the last day, the earliest first, and not of an Operation that is held", async () => {
    const dayMs = 86_400_000;
    const id = await seedOperation(opened.pool, { name: 'ours', phase: 'Running', uid: 'u' });
    const word = await seedVelero(opened.pool, {
      name: 'ours',
      operation_uid: 'u',
      phase: 'Failed',
      seen_at: at(-dayMs + 1),
    });
    const told: string[] = [];
    const tell = (limit = 10) =>
      opened.veleroRecord.tell(now, limit, (operation, { phase }) => {
        told.push(`${operation.name} ${phase}`);
        return { operation, changed: false, told: true, events: [] };
      });
    const again = (change: string, values: readonly unknown[] = []) =>
      run(`update velero_resource set told = false, ${change} where id = $1`, [word, ...values]);
    await tell();
    await tell();
    assert.deepEqual(told.splice(0), ['ours Failed']);
    for (const phase of ['FailedValidation', 'PartiallyFailed', 'Completed', 'InProgress']) {
      await again('phase = $2', [phase]);
      await tell();
    }
    assert.deepEqual(told.splice(0), ['ours FailedValidation', 'ours PartiallyFailed']);
    await again(`phase = 'Failed', seen_at = $2`, [at(-dayMs)]);
    await tell();
    assert.deepEqual(told, [], 'a day ago');
    await again('seen_at = $2', [at(-1)]);
    await run(
      `insert into held_row (work, resource_type, resource_id, name, reason, message, since, attempts, look_again_at)
       values ('observe-operations', 'Operation', $1, '', 'Refused', '', $2, 1, $3)`,
      [id, now, at(1)],
    );
    await tell();
    assert.deepEqual(told, [], 'held');
    await run('update held_row set look_again_at = $1', [now]);
    await seedOperation(opened.pool, { name: 'earlier', phase: 'Running', uid: 'e' });
    await seedVelero(opened.pool, { name: 'earlier', operation_uid: 'e', phase: 'Failed', seen_at: at(-2) });
    for (let count = 0; count < 3; count += 1) await tell(1);
    assert.deepEqual(told, ['earlier Failed', 'ours Failed']);
  });

  test('what has been gone for more than the days and belongs to no Operation is forgotten', async () => {
    const dayMs = 86_400_000;
    const id = await seedVelero(opened.pool, { name: 'theirs', gone_at: at(-30 * dayMs) });
    assert.equal(await opened.veleroRecord.forgetGone(now, 30), 0);
    const operation = await seedOperation(opened.pool, { name: 'theirs' });
    await run('update velero_resource set gone_at = $2 where id = $1', [id, at(-30 * dayMs - 1)]);
    assert.equal(await opened.veleroRecord.forgetGone(now, 30), 0, 'it belongs to an Operation');
    await run('delete from operation where id = $1', [operation]);
    assert.equal(await opened.veleroRecord.forgetGone(now, 30), 1);
  });

  test('a word is about the Operation of its cluster, name and kind, and of its uid where both are known', async () => {
    const id = await seedOperation(opened.pool, { name: 'ours', uid: 'u' });
    const word = await seedVelero(opened.pool, { name: 'ours', operation_uid: 'u', seen_at: at(-5) });
    const words = async () => [...(await opened.veleroWords.of([id])).values()].map(({ lastSeenAt }) => lastSeenAt);
    assert.deepEqual(await words(), [at(-5)]);
    for (const [change, known] of [
      [`operation_uid = 'other'`, []],
      [`operation_uid = null`, [at(-5)]],
      [`kind = 'Restore'`, []],
      [`kind = 'Backup', name = 'other'`, []],
      [`name = 'ours', away_at = '${at(-9)}'`, [at(-9)]],
    ] as const) {
      await run(`update velero_resource set ${change} where id = $1`, [word]);
      assert.deepEqual(await words(), known, change);
    }
    await run('update velero_resource set away_at = null');
    const watch = `insert into velero_watch (cluster_id, connector_id, epoch, followed_since, seen_at) select id, $1, 1, $2, $3 from cluster`;
    await run(watch, [connectorId, at(-60), at(-1)]);
    assert.deepEqual(await words(), [at(-1)], 'what is watched well was there when the watch was well last');
    await run('update velero_watch set followed_since = null');
    assert.deepEqual(await words(), [at(-5)]);
  });
});
