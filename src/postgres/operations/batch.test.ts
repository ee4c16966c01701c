/** What an Operation's cluster is owed after it was written, by who writes it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Pool, type PoolClient } from 'pg';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { seedOperation, seedSchedules } from '../../../test/support/seed.ts';
import { inTransaction } from '../kit/transaction.ts';
import {
  type StoredOperation,
  storedOperation,
  writeDatedOperations,
  writeDelivered,
  writeObserved,
  writeVersions,
} from './batch.ts';

const soon = '2026-01-01T00:00:00.000Z';
const atOnce = new Date(0).toISOString();
const lease = '00000000-0000-4000-8000-000000000001';

/** What is owed, in columns. */
interface Owed {
  readonly owed: string | null;
  readonly deletion_reason: string | null;
  readonly next_attempt_at: string | null;
  readonly lease_id: string | null;
}
const nothing: Owed = { owed: null, deletion_reason: null, next_attempt_at: null, lease_id: null };
const apply: Owed = { owed: 'Apply', deletion_reason: null, next_attempt_at: soon, lease_id: lease };
const withdrawal: Owed = { owed: null, deletion_reason: 'Withdraw', next_attempt_at: soon, lease_id: lease };
/** The reason is known; the deletion was carried out. */
const withdrawn: Owed = { ...withdrawal, next_attempt_at: null, lease_id: null };

describe('what is owed of an Operation', () => {
  let database: TestDatabase;
  let pool: Pool;
  before(async () => {
    database = await freshDatabase();
    pool = new Pool({ connectionString: database.url, max: 1 });
    await seedSchedules(pool, { scheduleCount: 1, clusterCount: 1 });
    await seedOperation(pool);
  });
  after(async () => {
    await pool.end();
    await database.drop();
  });

  const columns = `owed, deletion_reason, next_attempt_at, lease_id::text, revision, observed_version, attempts, unanswered`;
  /** Writes the Operation, of which this was owed, and tells what is owed then, and what else of it differs. */
  const written = async (
    phase: string,
    before: Owed,
    write: (client: PoolClient, stored: StoredOperation) => Promise<void>,
  ) => {
    await pool.query(
      `update operation set phase = $1, owed = $2, deletion_reason = $3, next_attempt_at = $4, lease_id = $5, revision = 1,
              observed_version = 'v1', attempts = 3, unanswered = 1`,
      [phase, before.owed, before.deletion_reason, before.next_attempt_at, before.lease_id],
    );
    const { rows } = await pool.query('select * from operation');
    await inTransaction(pool, (client) => write(client, storedOperation(rows[0])));
    const [row] = (await pool.query(`select ${columns} from operation`)).rows;
    const { next_attempt_at: at, revision, observed_version: version, attempts, unanswered, ...rest } = row;
    const owed: Owed = { ...rest, next_attempt_at: at === null ? null : at.toISOString() };
    return { owed, revision, version, attempts, unanswered };
  };
  const observed = (
    phase: string,
    before: Owed,
    to: 'Running' | 'Succeeded' | 'Failed',
    owed?: 'Cancel' | 'Withdraw',
  ) =>
    written(phase, before, (client, { operation }) =>
      writeObserved(client, [{ operation: { ...operation, phase: to, observedVersion: 'v2' }, owed }]),
    );

  test('an observation leaves what is owed and its lease as they are, while the Operation goes on', async () => {
    for (const before of [apply, withdrawal, withdrawn, nothing])
      assert.deepEqual((await observed('Pending', before, 'Running')).owed, before);
    assert.deepEqual(await observed('Pending', apply, 'Running'), {
      ...{ owed: apply, revision: 2, version: 'v2', attempts: 3, unanswered: 1 },
    });
  });

  test('a deletion that is still owed of what has ended keeps its time and its lease', async () => {
    for (const phase of ['Pending', 'Running'] as const)
      assert.deepEqual((await observed(phase, withdrawal, 'Failed', 'Withdraw')).owed, withdrawal);
  });

  test('nothing is owed any more of an Operation that the cluster has ended', async () => {
    for (const before of [apply, withdrawal])
      assert.deepEqual((await observed('Running', before, 'Succeeded')).owed, nothing);
  });

  test('what is owed of an Operation that had ended here stays owed, whatever the cluster states', async () => {
    assert.deepEqual((await observed('Failed', withdrawal, 'Failed')).owed, withdrawal);
  });

  test('what an observation asks for is owed from now on: at once, or when what was owed before was due', async () => {
    assert.deepEqual((await observed('Pending', nothing, 'Running', 'Withdraw')).owed, {
      ...{ ...nothing, deletion_reason: 'Withdraw', next_attempt_at: atOnce },
    });
    assert.deepEqual((await observed('Pending', withdrawn, 'Running', 'Withdraw')).owed.next_attempt_at, atOnce);
    assert.deepEqual((await observed('Pending', apply, 'Running', 'Cancel')).owed, { ...apply, owed: 'Delete' });
    assert.deepEqual((await observed('Pending', withdrawal, 'Running', 'Cancel')).owed, {
      ...{ ...withdrawal, owed: 'Delete', deletion_reason: null },
    });
  });

  test('a deadline leaves a delivery under way its lease, and ends it where something else is owed, or nothing', async () => {
    const dated = async (before: Owed, owed?: 'Apply' | 'Withdraw') => {
      const { owed: after, revision } = await written('Pending', before, (client, { operation }) =>
        writeDatedOperations(client, [{ operation, owed }]),
      );
      assert.equal(revision, 2);
      return after;
    };
    assert.deepEqual(await dated(apply, 'Apply'), apply);
    assert.deepEqual(await dated(withdrawal, 'Withdraw'), withdrawal);
    assert.deepEqual(await dated(apply), nothing);
    const begun = { ...nothing, deletion_reason: 'Withdraw', next_attempt_at: atOnce };
    assert.deepEqual(await dated(apply, 'Withdraw'), begun);
    assert.deepEqual(await dated(nothing, 'Withdraw'), begun);
  });

  test('a delivery ends its lease, and is tried again when it says, or at once', async () => {
    const delivered = async (owed: 'Apply' | 'Withdraw' | undefined, retryAt?: string) => {
      const counts = { attempts: 4, unanswered: 0 };
      const { owed: after, ...rest } = await written('Pending', apply, (client, { operation }) =>
        writeDelivered(client, [{ operation, owed, retryAt, ...counts }]),
      );
      assert.deepEqual(rest, { ...counts, revision: 2, version: 'v1' });
      return after;
    };
    const later = '2026-01-01T00:10:00.000Z';
    assert.deepEqual(await delivered('Apply', later), { ...apply, lease_id: null, next_attempt_at: later });
    assert.deepEqual(await delivered('Withdraw'), { ...withdrawal, lease_id: null, next_attempt_at: atOnce });
    assert.deepEqual(await delivered(undefined, later), nothing);
  });

  test('a version that was folded in is noted, and is no change of the Operation', async () => {
    const noted = await written('Running', apply, (client, { operation }) =>
      writeVersions(client, [{ ...operation, observedVersion: 'v2' }]),
    );
    assert.deepEqual(noted, { owed: apply, revision: 1, version: 'v2', attempts: 3, unanswered: 1 });
  });
});
