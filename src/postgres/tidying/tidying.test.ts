/** What is looked at for leaving its cluster, in which order, what is known beside it, and what a look writes. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { keptLog } from '../../../test/support/log.ts';
import { seedOperation, seedSchedules, seedVelero } from '../../../test/support/seed.ts';
import type { TidyCandidate } from '../../core/tidying/rules/tidy.ts';
import { type Opened, openStore } from '../store.ts';

const now = '2026-01-10T00:00:00.000Z';
const at = (ms: number) => new Date(Date.parse(now) + ms).toISOString();
const ended = { phase: 'Succeeded', uid: 'u', finished_at: at(-1), attempts: 3, next_attempt_at: null };

let database: TestDatabase;
let opened: Opened;
before(async () => {
  database = await freshDatabase();
  opened = await openStore({ url: database.url, secretsKey: Buffer.alloc(32, 1), log: keptLog().log });
  await seedSchedules(opened.pool, { scheduleCount: 1, clusterCount: 1 });
});
beforeEach(async () => {
  await opened.pool.query('truncate operation, velero_resource, held_row cascade');
  await opened.pool.query('update cluster set tidy = true, retired_at = null, discovery = null');
});
after(async () => {
  await opened.close();
  await database.drop();
});

const seed = (columns: object = {}) => seedOperation(opened.pool, { ...ended, ...columns });
async function looked(type: 'Restore' | 'Backup' = 'Backup', limit = 10): Promise<readonly string[]> {
  const names: string[] = [];
  await opened.tidying.look(type, now, limit, ({ operation }) => {
    names.push(operation.name);
    return { tidyAt: at(60_000) };
  });
  return names;
}
async function candidate(columns: object = {}): Promise<Omit<TidyCandidate, 'operation'> | undefined> {
  await opened.pool.query('delete from operation');
  const found = await opened.tidying.candidate(await seed(columns));
  if (found === undefined) return undefined;
  const { operation: _, ...beside } = found;
  return beside;
}

test('what has ended and is still in its cluster is looked at, from its moment on', async () => {
  for (const [columns, isLookedAt] of [
    [{}, true],
    [{ phase: 'Failed' }, true],
    [{ phase: 'Cancelled' }, true],
    [{ phase: 'Running' }, false],
    [{ phase: 'Pending' }, false],
    [{ finished_at: now }, true],
    [{ finished_at: at(1) }, false],
    [{ tidy_at: now }, true],
    [{ tidy_at: at(1) }, false],
    [{ uid: null }, false],
    [{ origin: 'cluster' }, false],
    [{ resource_left_at: now }, false],
    [{ resource_gone_at: now }, false],
    [{ owed: 'Delete', next_attempt_at: now }, false],
    [{ deletion_reason: 'Tidy', next_attempt_at: now }, false],
  ] as const) {
    await opened.pool.query('delete from operation');
    await seed({ name: 'o', ...columns });
    assert.deepEqual(await looked(), isLookedAt ? ['o'] : [], JSON.stringify(columns));
    assert.deepEqual(await looked(), [], 'not again before its next moment');
  }
});

test('the longest due goes first, of the type that is asked for and as many as are asked for', async () => {
  await seed({ name: 'third' });
  await seed({ name: 'first', tidy_at: at(-3) });
  await seed({ name: 'second', finished_at: at(-2) });
  await seed({ name: 'restore', type: 'Restore' });
  assert.deepEqual(await looked('Backup', 2), ['first', 'second']);
  assert.deepEqual(await looked(), ['third']);
  assert.deepEqual(await looked('Restore'), ['restore']);
});

test('a look writes its next moment and no more, or the deletion that is owed at once with its tries from none', async () => {
  const before = {
    owed: null,
    revision: '1',
    conditions: [],
    deletion_reason: null,
    next_attempt_at: null,
    attempts: 3,
  };
  const tidied = { type: 'Tidied', status: 'True', reason: 'Ended', message: 'm', lastTransitionTime: now } as const;
  for (const [isLeaving, left] of [
    [false, before],
    [
      true,
      {
        ...before,
        ...{ revision: '2', conditions: [tidied], deletion_reason: 'Tidy', next_attempt_at: new Date(0), attempts: 0 },
      },
    ],
  ] as const) {
    await opened.pool.query('delete from operation');
    await seed();
    const steps = await opened.tidying.look('Backup', now, 10, ({ operation }) => ({
      tidyAt: at(7),
      ...(isLeaving && { leaving: { ...operation, conditions: [tidied] } }),
    }));
    assert.deepEqual(
      steps.map(({ tidyAt, leaving }) => [tidyAt, leaving !== undefined]),
      [[at(7), isLeaving]],
    );
    const columns = 'owed, revision::text, conditions, deletion_reason, next_attempt_at, attempts';
    assert.deepEqual((await opened.pool.query(`select tidy_at, ${columns} from operation`)).rows, [
      { tidy_at: new Date(at(7)), ...left },
    ]);
  }
});

test('beside it is known whether its cluster takes part, and whether its target may be in flight there', async () => {
  const beside = { allowed: true, targetInFlight: false, followsVelero: false };
  assert.deepEqual(await candidate(), beside);
  assert.equal(await candidate({ phase: 'Running' }), undefined);
  for (const [columns, targetInFlight] of [
    [{ uid: 'u' }, true],
    [{ attempts: 1 }, true],
    [{ phase: 'Pending', uid: 'u' }, true],
    [{}, false],
    [{ phase: 'Succeeded', uid: 'u' }, false],
    [{ uid: 'u', target: 'another' }, false],
    [{ uid: 'u', namespace: 'another' }, false],
  ] as const) {
    await opened.pool.query('delete from operation');
    const id = await seed();
    await seedOperation(opened.pool, { phase: 'Running', ...columns });
    const found = await opened.tidying.candidate(id);
    assert.equal(found?.targetInFlight, targetInFlight, JSON.stringify(columns));
  }
  await opened.pool.query('update cluster set tidy = false');
  assert.equal((await candidate())?.allowed, false);
  await opened.pool.query('update cluster set tidy = true, retired_at = $1', [now]);
  assert.equal((await candidate())?.allowed, false);
});

test('the storage location is the one that the Operation names, else default, in the state that is known of it', async () => {
  const phase = async (columns: object = {}) => (await candidate(columns))?.locationPhase;
  const ofParameters = { parameters: { storageLocation: 'asked' } };
  await opened.pool.query('update cluster set discovery = $1', [
    JSON.stringify({
      storageLocations: {
        items: ['default', 'asked', 'told'].map((name) => ({ name, phase: `${name} of old` })),
      },
    }),
  ]);
  assert.equal(await phase(), 'default of old');
  assert.equal(await phase(ofParameters), 'asked of old');
  assert.equal(await phase({ ...ofParameters, outputs: { storageLocation: 'told' } }), 'told of old');
  const word = { kind: 'BackupStorageLocation', name: 'default', phase: 'Available' };
  const id = await seedVelero(opened.pool, word);
  assert.equal(await phase(), 'Available');
  assert.equal(await phase(ofParameters), 'asked of old');
  await opened.pool.query('update velero_resource set away_at = $1 where id = $2', [now, id]);
  assert.equal(await phase(), 'default of old');
});
