/** Errors of PostgreSQL, as they come over each way, and what they mean to the caller and to a batch. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { LeaseLost } from '../../core/clusters/rules/fence.ts';
import { Refusal } from '../../core/kernel/rules/problem.ts';
import { SilentWire } from '../../core/kernel/silent-wire.ts';
import { type Opened, openStore } from '../store.ts';
import { blameOf } from './batches/blame.ts';
import { Doubted } from './pool.ts';
import { refusalOf, uniqueKeys } from './refusals.ts';

const quiet = { info() {}, warn() {}, error() {}, debug() {} };
const id = (last: number) => `00000000-0000-7000-8000-00000000000${last}`;
let database: TestDatabase;
let opened: Opened;

before(async () => {
  database = await freshDatabase();
  opened = await openStore({ url: database.url, secretsKey: Buffer.alloc(32, 1), log: quiet });
  await opened.pool.query(`
    insert into organization (id, name, created_at, updated_at) values ('${id(1)}', 'one', now(), now()), ('${id(2)}', 'two', now(), now());
    insert into cluster (id, organization_id, name, server, created_at, updated_at, revision) values ('${id(3)}', '${id(1)}', 'prod', 'https://a', now(), now(), 1);
    insert into blackout_window (id, organization_id, cluster_id, name, time_zone, days, "from", "to", behavior, created_at, updated_at, revision)
      values ('${id(4)}', '${id(1)}', '${id(3)}', 'night', 'Etc/UTC', '{}', '00:00', '06:00', 'Skip', now(), now(), 1)`);
});
after(async () => {
  await opened.close();
  await database.drop();
});

const at = '2026-05-28T10:00:00.000Z';
const dates = { createdAt: at, updatedAt: at, revision: 1 };
const refused = async (work: Parameters<typeof opened.store.transaction>[0]) => {
  const error: unknown = await opened.store.transaction(work).then(
    () => assert.fail('was not refused'),
    (error) => error,
  );
  assert.ok(error instanceof Refusal, String(error));
  return [error.code, error.errors.map(({ pointer }) => pointer)];
};

describe('a write that does not fit the record is refused in words', () => {
  test('an insert and an update with a name that is taken', async () => {
    await refusedAs(['already-exists', ['/name']], ({ organizations }) =>
      organizations.insert({ id: id(5), name: 'one', suspend: false, ...dates }),
    );
    await refusedAs(['already-exists', ['/name']], ({ organizations }) =>
      organizations.update({ id: id(2), name: 'one', suspend: false, ...dates }),
    );
  });

  test('the key that is taken is named: of an API key it is the secret', async () => {
    const key = { id: id(6), organizationId: id(1), name: 'a', scopes: [], hint: 'a', createdAt: at };
    await opened.store.transaction(({ apiKeys }) => apiKeys.insertHashed(key, 'hash'));
    await refusedAs(['already-exists', []], ({ apiKeys }) => apiKeys.insertHashed({ ...key, id: id(7) }, 'hash'));
  });

  test('a removal of what others refer to', async () => {
    await refusedAs(['in-use', []], ({ organizations }) => organizations.remove(id(1), id(1)));
  });

  test('a reference to what is not there, by its field', async () => {
    const window = { name: 'day', timeZone: 'Etc/UTC', days: [], from: '00:00', to: '06:00' };
    await refusedAs(['rule-violated', ['/clusterId']], ({ blackoutWindows }) =>
      blackoutWindows.insert({
        id: id(8),
        organizationId: id(1),
        clusterId: id(9),
        behavior: 'Skip',
        ...window,
        ...dates,
      }),
    );
  });

  test('a value that breaks a constraint or fits no column', async () => {
    await opened.pool.query('alter table organization add constraint no_three check (name <> $$three$$)');
    await refusedAs(['rule-violated', []], ({ organizations }) =>
      organizations.update({ id: id(2), name: 'three', suspend: false, ...dates }),
    );
    await refusedAs(['rule-violated', []], ({ organizations }) =>
      organizations.insert({ id: id(5), name: 'x\u0000', suspend: false, ...dates }),
    );
  });

  test('every unique key of the database has its words', async () => {
    const { rows } = await opened.pool.query(`
      select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
      where i.indisunique and not i.indisprimary and t.relnamespace = 'public'::regnamespace and t.relname <> '_prisma_migrations' order by 1`);
    assert.deepEqual(
      rows.map(({ name }) => name),
      Object.keys(uniqueKeys).sort(),
    );
  });
});

async function refusedAs(expected: unknown, work: Parameters<typeof refused>[0]): Promise<void> {
  assert.deepEqual(await refused(work), expected);
}

describe('an error in a batch is due', () => {
  const coded = (code: string) => Object.assign(new Error(code), { code });
  const cases: readonly [who: ReturnType<typeof blameOf>, errors: readonly unknown[]][] = [
    [
      'Row',
      [
        ...[
          '22P02',
          '22003',
          '22008',
          '22021',
          '23502',
          '23503',
          '23505',
          '23514',
          '23P01',
          '21000',
          '54000',
          'P0001',
        ].map(coded),
        new RangeError('Invalid time zone specified: Europe/Atlantis'),
        new TypeError('conditions.find is not a function'),
        new TypeError("Cannot read properties of undefined (reading 'connection')"),
        new RangeError('The timeout of a connection is no number'),
        new Error('The connection of this application was terminated'),
        coded('ERR_INVALID_ARG_TYPE'),
        z.object({ a: z.string() }).safeParse({}).error,
      ],
    ],
    [
      'Database',
      [
        ...['08006', '25006', '25P03', '40001', '40P01', '53100', '53300', '55P03', '57014', '57P01', '58030'].map(
          coded,
        ),
        ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN'].map(coded),
        new Error('Connection terminated unexpectedly'),
        new Error('timeout exceeded when trying to connect'),
        new Error('Query read timeout'),
        new Error('Client was closed and is not queryable'),
        new Error('timeout expired'),
        new Error('Client has encountered a connection error and is not queryable'),
        new Error('Cannot use a pool after calling end on the pool'),
        ...['ERR_STREAM_DESTROYED', 'ERR_SOCKET_CLOSED', 'ERR_TLS_HANDSHAKE_TIMEOUT'].map(coded),
        new Doubted(),
        new SilentWire(5_000),
      ],
    ],
    ['Neither', [coded('42703'), coded('42501'), new LeaseLost(), new Refusal('in-use', 'in use')]],
  ];
  for (const [who, errors] of cases) {
    test(`to ${who}`, () => {
      for (const error of errors) assert.equal(blameOf(error), who, String(error));
    });
  }
  test('and is not mistaken for a refusal unless a constraint or a value is the cause', () => {
    const error = coded('57014');
    assert.equal(refusalOf(error), error);
  });
});
