/** For how long calls may begin for claims: by this process' own clock, and never on a lease that may have ended. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { exampleOperation } from '../../../test/support/core/operation-example.ts';
import type { Claim } from './ports.ts';
import { leaseSeconds, renewClaims } from './renew-claims.ts';

const now = '2026-05-28T10:00:00.000Z';
const claim = (id: string): Claim => ({
  operation: { ...exampleOperation, id },
  ...{ action: 'Apply', attempts: 1, unanswered: 1, leaseId: 'lease' },
});
const [first, second] = [claim('1'), claim('2')];

type Answer = readonly string[] | Error | Promise<readonly string[]>;

/** A lease of both claims that were asked for `agoMs` ago. Each renewal takes the next answer: the ids that are kept. */
function leased(t: TestContext, agoMs: number, answers: Answer[] = []) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const renewed: unknown[] = [];
  const logged: string[] = [];
  const log = (_: unknown, words?: string) => logged.push(words ?? '');
  const ports = {
    deliveries: {
      renew: async (claims: readonly Claim[], at: string, seconds: number) => {
        renewed.push([claims.map(({ operation }) => operation.id), at, seconds]);
        const answer = (await answers.shift()) ?? [];
        if (answer instanceof Error) throw answer;
        return new Set(answer);
      },
    },
    clock: { now: async () => now },
    log: { info: log, warn: log, error: log, debug: log },
  } as const;
  const lease = renewClaims(ports, [first, second], performance.now() - agoMs);
  const mayCall = () => [first, second].map((each) => lease.sendUntil(each) !== undefined);
  const passed = async (ms: number) => {
    t.mock.timers.tick(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { lease, renewed, logged, mayCall, passed };
}

test('a claim of 12 s is renewed every 4 s, and no more once that was ended', async (t) => {
  const { lease, renewed, passed } = leased(t, 0, [
    ['1', '2'],
    ['1', '2'],
  ]);
  await passed(3_999);
  assert.deepEqual(renewed, []);
  await passed(1);
  assert.deepEqual(renewed, [[['1', '2'], now, 12]]);
  await passed(3_999);
  assert.equal(renewed.length, 1);
  await passed(1);
  assert.equal(renewed.length, 2);
  await lease.end();
  await passed(60_000);
  assert.equal(renewed.length, 2);
});

test('a call begins only while five seconds of the lease are left, and is sent within them', (t) => {
  const { lease, mayCall } = leased(t, 0);
  assert.deepEqual(mayCall(), [true, true]);
  const before = performance.now();
  const until = lease.sendUntil(first) ?? 0;
  assert.ok(until >= before + 5_000 && until <= performance.now() + 5_000);
  assert.ok(until <= before + leaseSeconds * 1_000);
  assert.equal(lease.sendUntil(claim('3')), undefined, 'of no claim of the batch');
});

test('no call begins once less than that is left, until the claims were renewed', async (t) => {
  const { mayCall, passed } = leased(t, 7_000, [['1', '2']]);
  assert.deepEqual(mayCall(), [false, false]);
  await passed(4_000);
  assert.deepEqual(mayCall(), [true, true]);
});

test('what another process holds by now is neither called for nor renewed again', async (t) => {
  const { mayCall, passed, renewed } = leased(t, 0, [['2'], ['2']]);
  await passed(4_000);
  assert.deepEqual(mayCall(), [false, true]);
  await passed(4_000);
  assert.deepEqual(renewed[1], [['2'], now, 12]);
});

test('a renewal that fails is logged and extends nothing, and the next one is tried', async (t) => {
  const { mayCall, passed, renewed, logged } = leased(t, 7_000, [new Error('away'), ['1', '2']]);
  await passed(4_000);
  assert.deepEqual(mayCall(), [false, false]);
  assert.equal(logged.length, 1);
  await passed(4_000);
  assert.equal(renewed.length, 2);
  assert.deepEqual(mayCall(), [true, true]);
});

test('no renewal begins while one is under way, and the end waits for it', async (t) => {
  const answer = Promise.withResolvers<readonly string[]>();
  const { lease, passed, renewed } = leased(t, 0, [answer.promise]);
  await passed(4_000);
  await passed(8_000);
  assert.equal(renewed.length, 1);
  let hasEnded = false;
  const ended = lease.end().then(() => {
    hasEnded = true;
  });
  await passed(0);
  assert.equal(hasEnded, false);
  answer.resolve(['1']);
  await ended;
});
