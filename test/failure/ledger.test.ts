/**
 * The model of a schedule's life: whatever is created, edited, suspended, resumed and triggered, however the service is
 * down, the clock steps and Operations take their time, every slot is in the ledger exactly once, and no two Operations
 * share a slot. Use cases and firing run on a real database; the model is the recurrence, enumerated.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { authenticate } from '../../src/core/access/api-keys.ts';
import type { Call } from '../../src/core/access/call.ts';
import { ensureAdmin } from '../../src/core/access/ensure-admin.ts';
import type { Caller } from '../../src/core/access/rules/access.ts';
import { createApplicationClass } from '../../src/core/applications/application-classes.ts';
import { createApplicationInstance } from '../../src/core/applications/application-instances.ts';
import { registerCluster } from '../../src/core/clusters/clusters.ts';
import { fire } from '../../src/core/scheduling/fire.ts';
import {
  changeSchedule,
  createSchedule,
  resumeSchedule,
  suspendSchedule,
} from '../../src/core/scheduling/schedules.ts';
import { triggerSchedule } from '../../src/core/scheduling/trigger.ts';
import { type Recurrence, slotAfter } from '../../src/core/time/rules/slots.ts';
import { type Opened, openStore } from '../../src/postgres/store.ts';
import type { Tables } from '../../src/postgres/tables.ts';
import { freshDatabase } from '../support/database.ts';

const log = { info() {}, warn() {}, error() {}, debug() {} };
const doorbell = { ring() {} };
let database: Awaited<ReturnType<typeof freshDatabase>>;
let opened: Opened;
let caller: Caller;
let applicationInstanceId: string;
let round = 0;

before(async () => {
  database = await freshDatabase();
  opened = await openStore({
    url: database.url,
    secretsKey: Buffer.alloc(32, 1),
    log,
    connectionCounts: { request: 3 },
  });
  const secret = await ensureAdmin({ ...opened, log }, undefined);
  caller = await authenticate(opened, secret);
  const access = {
    server: 'https://127.0.0.1:1',
    ca: '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----',
    token: 't',
  };
  const { id: clusterId } = await call('2026-01-01T00:00:00.000Z', (given) =>
    registerCluster(given, { name: 'c', ...access }, () => access),
  );
  const { id: applicationClassId } = await call('2026-01-01T00:00:00.000Z', (given) =>
    createApplicationClass(given, { name: 'k' }),
  );
  const instance = { clusterId, applicationClassId, namespace: 'n', name: 'a' };
  applicationInstanceId = (
    await call('2026-01-01T00:00:00.000Z', (given) => createApplicationInstance(given, instance))
  ).id;
});
after(async () => {
  await opened?.close();
  await database?.drop();
});

function call<T>(now: string, work: (call: Call<Tables>) => Promise<T>): Promise<T> {
  return opened.store.transaction((tx) => work({ tx, caller, now, vault: opened.vault }));
}

type Step =
  | { readonly kind: 'tick'; readonly minutes: number }
  | { readonly kind: 'outage'; readonly minutes: number }
  | { readonly kind: 'back'; readonly minutes: number }
  | { readonly kind: 'edit'; readonly schedule: string; readonly timeZone: string }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'resume'; readonly catchUp: 'Latest' | 'None' }
  | { readonly kind: 'finish' }
  | { readonly kind: 'trigger' };

const expression = fc.constantFrom('*/10 * * * *', '0 * * * *', '30 2 * * *', '7,37 * * * *', '0 */3 * * *');
const zone = fc.constantFrom('Etc/UTC', 'Europe/Berlin', 'America/New_York');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('tick' as const), minutes: fc.integer({ min: 1, max: 90 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('outage' as const), minutes: fc.integer({ min: 60, max: 4000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('back' as const), minutes: fc.integer({ min: 1, max: 90 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('edit' as const), schedule: expression, timeZone: zone }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'suspend' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('resume' as const),
      catchUp: fc.constantFrom('Latest' as const, 'None' as const),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'finish' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'trigger' as const }) },
);
const policies = fc.record({
  concurrencyPolicy: fc.constantFrom('Forbid' as const, 'Allow' as const, 'Replace' as const),
  missedFires: fc.constantFrom('Latest' as const, 'All' as const, 'None' as const),
  startingDeadlineSeconds: fc.constantFrom(undefined, 900, 7200),
  spreadSeconds: fc.constantFrom(undefined, 300),
});

const plus = (at: string, minutes: number) => new Date(Date.parse(at) + minutes * 60_000).toISOString();
const tickAt = (now: string) => fire({ ...opened, doorbell, log, clock: { now: async () => now } });
const finish = () =>
  opened.pool.query(
    `update operation set phase = 'Succeeded', owed = null, next_attempt_at = null, lease_id = null where phase in ('Pending', 'Running')`,
  );

/** A recurrence and the time from which it held: the slots of a segment lie strictly after the last one of the segment before. */
interface Segment {
  readonly recurrence: Recurrence;
  readonly from: string;
}

async function live(
  steps: readonly Step[],
  given: Partial<{ startingDeadlineSeconds: number; spreadSeconds: number }> & object,
) {
  round += 1;
  let now = '2026-03-28T20:17:00.000Z';
  let high = now;
  const first = { schedule: '*/10 * * * *', timeZone: 'Europe/Berlin' };
  const { id } = await call(now, (at) =>
    createSchedule(at, { applicationInstanceId, name: `s-${round}`, ...first, ...given }),
  );
  const segments: Segment[] = [{ recurrence: first, from: now }];
  const move = (to: string) => {
    now = to;
    if (to > high) high = to;
  };
  for (const each of steps) {
    switch (each.kind) {
      case 'tick':
        move(plus(now, each.minutes));
        await tickAt(now);
        break;
      case 'outage':
        move(plus(now, each.minutes));
        break;
      case 'back':
        now = plus(now, -each.minutes);
        await tickAt(now);
        break;
      case 'edit': {
        const { kind: _, ...change } = each;
        const before = await call(now, (at) => at.tx.schedules.find(caller.organizationId, id));
        const after = await call(now, (at) => changeSchedule(at, id, change));
        const same = before?.schedule === change.schedule && before.timeZone === change.timeZone;
        if (!same && after.nextSlotAt !== undefined) segments.push({ recurrence: change, from: now });
        break;
      }
      case 'suspend':
        await call(now, (at) => suspendSchedule(at, id, {}));
        break;
      case 'resume':
        await call(now, (at) => resumeSchedule(at, id, each.catchUp));
        break;
      case 'finish':
        await finish();
        break;
      case 'trigger':
        move(plus(now, 0.001));
        await call(now, (at) => triggerSchedule(at, doorbell, id));
        break;
    }
  }
  // The end: everything that waits is decided.
  move(plus(high, 1));
  await call(now, (at) => resumeSchedule(at, id, 'None'));
  for (let i = 0; i < 300; i += 1) {
    await finish();
    await tickAt(now);
    const { rows } = await opened.pool.query('select next_slot_at > $2 as done from schedule where id = $1', [
      id,
      plus(now, -6),
    ]);
    if (rows[0]?.done === true) break;
    move(plus(now, 0.2));
  }
  return { id, segments, now };
}

async function check(id: string, segments: readonly Segment[]): Promise<void> {
  const { rows } = await opened.pool.query(
    `select scheduled_for as first, coalesce(last_scheduled_for, scheduled_for) as last, slot_count::int as count, outcome, reason, operation_id
     from fire where schedule_id = $1 order by scheduled_for`,
    [id],
  );
  const slots = rows.filter((row) => row.reason !== 'Triggered');
  assert.deepEqual(
    slots.filter((row) => row.outcome === 'Deferred'),
    [],
  );
  const { rows: state } = await opened.pool.query('select next_slot_at as next from schedule where id = $1', [id]);
  // Rows follow each other without overlap, and each counts the slots between its ends under one of the recurrences.
  const known = slots.map((row) => ({ ...row, first: row.first.toISOString(), last: row.last.toISOString() }));
  for (const [n, row] of known.entries()) {
    const next = known[n + 1]?.first ?? state[0].next.toISOString();
    assert.ok(row.last < next, `${row.first}..${row.last} overlaps ${next}`);
    const counted = segments.some(({ recurrence }) => count(recurrence, row.first, row.last) === row.count);
    assert.ok(counted, `${row.first}..${row.last} is ${row.count} slots under no recurrence`);
    // Nothing lies between this row and the next: by the recurrence in force, or across an edit.
    const gapless = segments.some(
      ({ recurrence, from }) =>
        slotAfter(recurrence, row.last) === next ||
        (from >= row.last && slotAfter(recurrence, from) === next) ||
        slotAfter(recurrence, row.last) === next,
    );
    assert.ok(gapless, `between ${row.last} and ${next} slots are missing`);
  }
  const { rows: made } = await opened.pool.query(
    'select scheduled_for as slot, id from operation where schedule_id = $1',
    [id],
  );
  assert.equal(new Set(made.map(({ slot }) => slot.toISOString())).size, made.length);
  assert.deepEqual(
    made.map((operation) => operation.id).toSorted(),
    rows.flatMap((row) => (row.operation_id === null ? [] : [row.operation_id])).toSorted(),
  );
}

function count(recurrence: Recurrence, first: string, last: string): number {
  let counted = 1;
  for (let slot = slotAfter(recurrence, first); slot !== undefined && slot <= last; slot = slotAfter(recurrence, slot))
    counted += 1;
  return counted;
}

test('every slot is in the ledger exactly once, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), policies, async (steps, chosen) => {
      const given = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
      const { id, segments } = await live(steps, given);
      await check(id, segments);
      await opened.pool.query(
        'update schedule set next_fire_at = null, next_slot_at = null, suspend = true where id = $1',
        [id],
      );
      await finish();
    }),
    // The same lives in every run of CI; LEDGER_RUNS and LEDGER_SEED explore further ones.
    { numRuns: Number(process.env.LEDGER_RUNS ?? 120), seed: Number(process.env.LEDGER_SEED ?? 20_261_121) },
  );
});
