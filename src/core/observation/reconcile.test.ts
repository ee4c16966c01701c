import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HeldCluster } from './ports.ts';
import { type WatchPorts, watchClusters } from './watch.ts';

const lease = { epoch: 1, credentialsRevision: 1, relistRevision: 0, remainingSeconds: 10 };

/** Watches over a database that answers when the test says so. */
function watching() {
  const answers: ((clusterIds: readonly string[]) => void)[] = [];
  const targets: (() => void)[] = [];
  const begun: string[] = [];
  const ended: string[] = [];
  const ports = {
    leases: {
      held: () =>
        new Promise<readonly HeldCluster[]>((resolve) => {
          answers.push((ids) => resolve(ids.map((clusterId) => ({ ...lease, clusterId }))));
        }),
    },
    directory: {
      targets: (ids: readonly string[]) =>
        new Promise((resolve) => {
          targets.push(() => resolve({ opened: ids.map((id) => ({ cluster: { id } })), unreadable: [] }));
        }),
    },
    clusterApi: {
      watch({ cluster }: { cluster: { id: string } }, _watcher: unknown, signal: AbortSignal) {
        begun.push(cluster.id);
        return new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            ended.push(cluster.id);
            resolve();
          });
        });
      },
    },
    log: { info() {}, warn() {}, error() {}, debug() {} },
  } as unknown as WatchPorts;
  const watches = watchClusters(ports, 'connector');
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { watches, answers, targets, begun, ended, settle };
}

test('a round that hung and answers after a later one ends no watch of the later one, and begins none', async (t) => {
  const { watches, answers, targets, begun, ended, settle } = watching();
  t.after(() => watches.close());
  const asking = watches.reconcile();
  const hung = watches.reconcile();
  answers[1]?.(['a', 'b']);
  await settle();
  const later = watches.reconcile();
  answers[2]?.(['b', 'c']);
  await settle();
  targets[1]?.();
  assert.equal(await later, 2);
  answers[0]?.([]);
  targets[0]?.();
  assert.deepEqual([await asking, await hung], [0, 0]);
  await settle();
  assert.deepEqual([begun.toSorted(), ended, watches.count, watches.heldCount], [['b', 'c'], [], 2, 2]);
});
