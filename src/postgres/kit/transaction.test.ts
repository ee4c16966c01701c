/** Work that PostgreSQL ends for the sake of other work: it runs again, and the caller learns nothing of it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type Opened, openStore } from '../store.ts';
import { inTransaction } from './transaction.ts';

const quiet = { info() {}, warn() {}, error() {}, debug() {} };
const a = '00000000-0000-7000-8000-00000000000a';
const b = '00000000-0000-7000-8000-00000000000b';
let database: TestDatabase;
let opened: Opened;

before(async () => {
  database = await freshDatabase();
  opened = await openStore({ url: database.url, secretsKey: Buffer.alloc(32, 1), log: quiet });
  await opened.pool.query(
    `insert into organization (id, name, created_at, updated_at) select id, id, now(), now() from unnest($1::uuid[]) id`,
    [[a, b]],
  );
});
after(async () => {
  await opened.close();
  await database.drop();
});

const nameOf = async (id: string) =>
  (await opened.pool.query('select name from organization where id = $1', [id])).rows[0]?.name;

/**
 * Two works that each lock one row, wait until the other has, and then want the other's. Says how often one began: three
 * times, or more on a busy machine, where the one that begins again may be faster than the one that waits.
 */
async function crosswise(run: (first: string, second: string, met: () => Promise<void>) => Promise<void>) {
  const both = Promise.withResolvers<void>();
  let begunCount = 0;
  const met = () => {
    begunCount += 1;
    if (begunCount === 2) both.resolve();
    return both.promise;
  };
  await Promise.all([run(a, b, met), run(b, a, met)]);
  return begunCount;
}

describe('a deadlock runs the work of one of the two again', () => {
  test('in plain SQL', async () => {
    const lock = 'select from organization where id = $1 for update';
    const begunCount = await crosswise((first, second, met) =>
      inTransaction(opened.pool, async (client) => {
        await client.query(lock, [first]);
        await met();
        await client.query(lock, [second]);
      }),
    );
    assert.ok(begunCount >= 3, `begun ${begunCount} times`);
  });

  test("in a statement of Prisma's, and each effect runs once", async () => {
    const effects: string[] = [];
    const begunCount = await crosswise((first, second, met) =>
      opened.store.transaction(async ({ organizations, afterCommit }) => {
        afterCommit(() => effects.push(first));
        await organizations.lock(first, first);
        await met();
        const other = await organizations.find(second, second);
        assert.ok(other !== undefined);
        await organizations.update({ ...other, suspend: true });
      }),
    );
    assert.ok(begunCount >= 3, `begun ${begunCount} times`);
    assert.deepEqual(effects.toSorted(), [a, b]);
  });

  test('in plain SQL through Prisma, and each effect runs once', async () => {
    const effects: string[] = [];
    const begunCount = await crosswise((first, second, met) =>
      opened.store.transaction(async ({ organizations, afterCommit }) => {
        afterCommit(() => effects.push(first));
        await organizations.lock(first, first);
        await met();
        await organizations.lock(second, second);
      }),
    );
    assert.ok(begunCount >= 3, `begun ${begunCount} times`);
    assert.deepEqual(effects.toSorted(), [a, b]);
  });
});

describe('an error that does not pass', () => {
  const rename = `update organization set name = 'renamed' where id = $1`;

  test('is tried three times where it looks as if it might, and leaves nothing behind', async () => {
    const conflict = Object.assign(new Error('could not serialize access'), { code: '40001' });
    let plainCount = 0;
    let count = 0;
    const plain = inTransaction(opened.pool, async (client) => {
      plainCount += 1;
      await client.query(rename, [a]);
      throw conflict;
    });
    await assert.rejects(plain, conflict);
    const through = opened.store.transaction(async ({ organizations, afterCommit }) => {
      count += 1;
      afterCommit(() => assert.fail('nothing was committed'));
      await organizations.lock(a, a);
      throw conflict;
    });
    await assert.rejects(through, conflict);
    assert.deepEqual([plainCount, count], [3, 3]);
    assert.notEqual(await nameOf(a), 'renamed');
  });

  test('is tried once else', async () => {
    const error = new Error('a defect');
    let count = 0;
    const fail = async () => {
      count += 1;
      throw error;
    };
    await assert.rejects(inTransaction(opened.pool, fail), error);
    await assert.rejects(opened.store.transaction(fail), error);
    assert.equal(count, 2);
  });
});
