import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CheckDuePorts, checkDueClusters } from './check.ts';

/** One cluster that hangs until `answer`, with a service that is closed meanwhile, or not. */
function looking() {
  const stopping = new AbortController();
  const recorded: string[] = [];
  let answer: (answer: object) => void = () => undefined;
  const ports = {
    clusterChecks: {
      recordDueEvents: async () => 0,
      claim: async () => ['one'],
      applications: async () => [],
      record: async (id: string) => {
        recorded.push(id);
        return [];
      },
    },
    directory: { target: async (id: string) => ({ cluster: { id } }) },
    clusterApi: {
      discover: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    },
    clock: { now: async () => '2026-05-28T10:00:00.000Z' },
    log: { info() {}, warn() {}, error() {}, debug() {} },
    chance: () => 0.5,
    held: async () => ['one'],
    stopping: stopping.signal,
  } as unknown as CheckDuePorts;
  const round = checkDueClusters(ports);
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { round, stopping, recorded, settle, answer: (given: object) => answer(given) };
}

const failed = { discovery: {}, failure: { kind: 'Unreachable', message: 'the connection was cut' } };

test('a failure that our own closing may have caused is not recorded of the cluster; any other is', async () => {
  for (const isClosed of [true, false]) {
    const { round, stopping, recorded, settle, answer } = looking();
    await settle();
    if (isClosed) stopping.abort();
    answer(failed);
    assert.equal(await round, 1);
    assert.deepEqual(recorded, isClosed ? [] : ['one']);
  }
});
