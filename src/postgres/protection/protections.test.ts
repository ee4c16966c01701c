/** What is recorded of protection: read as it was written, over the revision that was judged, worst or best first. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { keptLog } from '../../../test/support/log.ts';
import { seedOperation, seedSchedules } from '../../../test/support/seed.ts';
import type { KnownProtection } from '../../core/protection/ports.ts';
import { ProtectionStatus } from '../../core/protection/rules/protection.ts';
import type { RecordedProtection } from '../../core/protection/rules/protection-changes.ts';
import { type Opened, openStore } from '../store.ts';

const now = '2026-01-10T00:00:00.000Z';
const earlier = '2026-01-09T00:00:00.000Z';

let database: TestDatabase;
let opened: Opened;
let organizationId: string;
let known: readonly KnownProtection[];
before(async () => {
  database = await freshDatabase();
  opened = await openStore({ url: database.url, secretsKey: Buffer.alloc(32, 1), log: keptLog().log });
  ({ organizationId } = await seedSchedules(opened.pool, {
    scheduleCount: ProtectionStatus.options.length,
    clusterCount: 1,
  }));
  ({ known } = await opened.protections.read(undefined, 100, now));
});
after(async () => {
  await opened.close();
  await database.drop();
});

const record = (recorded: readonly RecordedProtection[]) =>
  opened.protections.record(
    recorded.map((each, n) => {
      const { facts } = known[n] ?? assert.fail();
      return {
        protection: { ...facts, status: each.status, reason: 'NoNextFire', message: '' },
        recorded: each,
        events: [],
      };
    }),
    [],
    now,
  );
const page = async (query: object = {}) => {
  const { items, nextCursor } = await opened.protections.page(organizationId, { limit: 100, ...query }, now);
  return { recorded: items.map(({ recorded }) => recorded), nextCursor };
};

test('each is read as it was written, whole, in the order of severity, and goes over the revision before it only', async () => {
  assert.deepEqual(await page(), { recorded: [], nextCursor: undefined });
  const expiringOperationId = await seedOperation(opened.pool);
  const first = ProtectionStatus.options.map((status) => ({
    ...{ status, since: earlier, expiringOperationId: undefined, revision: 1 },
  }));
  assert.equal(await record(first), first.length);
  assert.deepEqual((await page()).recorded, first);
  assert.deepEqual((await page({ descending: true })).recorded, first.toReversed());

  const next = first.toReversed().map((each) => ({ ...each, since: now, expiringOperationId, revision: 2 }));
  assert.equal(await record(next), next.length);
  assert.deepEqual((await page()).recorded, next.toReversed());
  assert.equal(await record(next), 0, 'another process has recorded it');
  assert.equal(await record(first), 0);

  const { recorded, nextCursor } = await page({ limit: 2 });
  const rest = await page({ cursor: nextCursor });
  assert.deepEqual([...recorded, ...rest.recorded], next.toReversed());
  assert.deepEqual((await page({ where: { status: ProtectionStatus.options[1] } })).recorded, [next.at(-2)]);
});
