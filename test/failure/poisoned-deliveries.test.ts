/**
 * One bad row holds up nobody, on the way to clusters and back: an Operation that cannot be read, decided or written is
 * put aside with its reason, and the healthy ones of its batch are delivered and followed in the same round.
 */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { deliver } from '../../src/core/delivery/deliver.ts';
import type { ClusterCalls } from '../../src/core/delivery/ports.ts';
import { mirrorApplications } from '../../src/core/observation/mirror-applications.ts';
import type { FencedCluster } from '../../src/core/observation/ports.ts';
import { recordForeignOperations } from '../../src/core/observation/record-foreign-operations.ts';
import type { Observation } from '../../src/core/operations/rules/observed/observation.ts';
import { observe } from '../../src/core/operations/rules/observed/observe.ts';
import { poisonedCount, poisonedRows, quiet, sortedIds, strange } from '../support/poison.ts';

const count = poisonedCount;
const scene = await poisonedRows();
const { api, poison, run, rows } = scene;

describe('deliveries', () => {
  const now = () => new Date().toISOString();
  const claim = () => api.opened.deliveries.claim(scene.cluster().id, now(), 64, 12);
  const decided = (attempt: Parameters<Parameters<typeof api.opened.deliveries.record>[1]>[0]) => ({
    ...attempt,
    owed: undefined,
    events: [],
  });

  test('an Operation that cannot be read is not claimed, and is passed over from then on', async () => {
    const { bad, healthy } = scene.split();
    await run(strange, [bad.id]);
    assert.deepEqual(sortedIds((await claim()).map(({ operation }) => operation)), sortedIds(healthy));
    assert.deepEqual(await poison.held(), [`deliver Operation ${bad.id} Unreadable`]);
    await run(`update operation set next_attempt_at = now() - interval '1 second', lease_id = null`);
    assert.equal((await claim()).length, count - 1);
    await run(`update operation set conditions = '[]', next_attempt_at = now() - interval '1 second', lease_id = null`);
    await api.opened.heldRows.lookAgain();
    assert.equal((await claim()).length, count);
  });

  test('an Operation whose claim the database refuses holds up no claim', async () => {
    const { bad, healthy } = scene.split();
    await poison.refuse('operation', 'id', bad.id, '23514');
    assert.deepEqual(sortedIds((await claim()).map(({ operation }) => operation)), sortedIds(healthy));
    assert.deepEqual(await poison.held(), [`deliver Operation ${bad.id} Refused`]);
  });

  test('an answer that cannot be decided or recorded takes no other answer with it', async () => {
    const { bad, healthy } = scene.split();
    const [other] = healthy;
    const claims = await claim();
    await poison.refuse('operation', 'id', bad.id, '22001');
    const answers = claims.map((claim) => ({ claim, answer: { kind: 'Absent' as const } }));
    const recorded = await api.opened.deliveries.record(
      answers,
      (attempt) => {
        if (attempt.operation.id === other?.id) throw new TypeError('no such thing');
        return decided(attempt);
      },
      now(),
    );
    assert.equal(recorded, count - 2);
    assert.deepEqual(
      sortedIds(await rows('select id from operation where owed is not null')),
      [bad.id, other?.id].sort(),
    );
    assert.deepEqual(
      await poison.held(),
      [`deliver Operation ${bad.id} Refused`, `deliver Operation ${other?.id} Undecidable`].sort(),
    );
  });

  /** Delivers to a cluster that takes everything, as far as a call can be made. */
  const deliverUnless = async (isBroken: (name: string) => boolean) => {
    const access = { server: 'https://127.0.0.1:1', token: 'unused' };
    const cluster = await api.opened.store.tables.clusters.find(scene.cluster().organizationId, scene.cluster().id);
    const directory = { ...api.opened.directory, target: async () => ({ cluster, access }) };
    const calls = {
      apply: async (_, { metadata }) => {
        if (isBroken(metadata.name)) throw new RangeError('Invalid time value');
        return { kind: 'Applied', uid: `uid-${metadata.name}`, warnings: [] };
      },
    } satisfies Partial<ClusterCalls> as unknown as ClusterCalls;
    await deliver(
      { ...api.opened, directory: directory as never, clusterApi: calls, log: quiet, chance: () => 0.5 },
      scene.cluster().id,
    );
  };
  const delivered = async () => sortedIds(await rows('select id from operation where uid is not null'));

  test('an Operation for which no call can be made is put aside, and the others are delivered', async () => {
    const { bad, healthy } = scene.split();
    await deliverUnless((name) => name === bad.name);
    assert.deepEqual(await delivered(), sortedIds(healthy));
    assert.deepEqual(await poison.held(), [`deliver Operation ${bad.id} Undecidable`]);
  });

  test('when no call can be made for most of them, the work has failed, the others are delivered, and nobody is put aside', async () => {
    const [first, ...broken] = scene.operations();
    assert.ok(first);
    await assert.rejects(
      deliverUnless((name) => broken.some((each) => each.name === name)),
      RangeError,
    );
    assert.deepEqual(await delivered(), [first.id]);
    assert.deepEqual(await poison.held(), []);
  });
});

describe('observations of a cluster', () => {
  const seen = (): Observation[] =>
    scene.operations().map(({ name, namespace }) => ({
      ...{ name, namespace, uid: `uid-${name}`, deleted: false, source: 'Watched', resourceVersion: '7' },
      status: { phase: 'Running' },
    }));
  const ingest = () =>
    api.opened.observations.ingest(scene.cluster().id, seen(), (operation, observation) =>
      observe(operation, observation, new Date().toISOString()),
    );
  beforeEach(async () => {
    await run(`update operation set uid = 'uid-' || name, owed = null, next_attempt_at = null, delivered_at = now()`);
  });
  const running = async () => sortedIds(await rows(`select id from operation where phase = 'Running'`));

  test('an Operation that cannot be read keeps no other from being folded', async () => {
    const { bad, healthy } = scene.split();
    await run(strange, [bad.id]);
    const { changedCount, unmatched } = await ingest();
    assert.deepEqual([changedCount, unmatched], [count - 1, []]);
    assert.deepEqual(await running(), sortedIds(healthy));
    assert.deepEqual(await poison.held(), [`observe-operations Operation ${bad.id} Unreadable`]);
    await run(`update operation set conditions = '[]' where id = $1`, [bad.id]);
    await ingest();
    assert.equal((await running()).length, count);
    assert.deepEqual(await poison.held(), []);
  });

  test('an Operation that the database refuses keeps no other from being written', async () => {
    const { bad, healthy } = scene.split();
    await poison.refuse('operation', 'id', bad.id, '23503');
    await ingest();
    assert.deepEqual(await running(), sortedIds(healthy));
    assert.deepEqual(await poison.held(), [`observe-operations Operation ${bad.id} Refused`]);
  });

  test('an Operation of somebody else that no row can hold keeps no other from being recorded', async () => {
    const at = new Date().toISOString();
    const watched: FencedCluster = { cluster: { ...scene.cluster(), createdAt: at } };
    const theirs = ['one', 'two', 'three'].map(
      (name): Observation => ({
        ...{
          name,
          namespace: 'org-1',
          uid: `uid-${name}`,
          deleted: false,
          source: 'Watched',
          status: { phase: 'Pending' },
        },
        // An instant that is none breaks the rule that makes the row.
        ...(name === 'one' && { createdAt: 'yesterday' }),
        spec: { type: 'Backup', engine: 'velero', target: 'app-1', parameters: {} },
      }),
    );
    await poison.refuse('operation', 'name', 'two', '23514');
    await recordForeignOperations({ ...api.opened, log: quiet }, watched).seen(theirs);
    assert.deepEqual(await rows(`select name from operation where foreign_uid <> ''`), [{ name: 'three' }]);
    assert.deepEqual(await poison.held(), [
      'record-foreign-operations Cluster org-1/one Undecidable',
      'record-foreign-operations Cluster org-1/two Refused',
    ]);
    const { findings } = (await api.call('GET', '/v1/watchdog')).body;
    assert.deepEqual(
      findings.map(({ kind, resourceId, name }: Record<string, string>) => [kind, resourceId, name]).sort(),
      [
        ['RowHeld', scene.cluster().id, 'org-1/one'],
        ['RowHeld', scene.cluster().id, 'org-1/two'],
      ],
    );
  });

  test('an application that cannot be mirrored keeps no other from being mirrored, and from being gone', async () => {
    const at = new Date().toISOString();
    const mirror = mirrorApplications(api.opened, { cluster: { ...scene.cluster(), createdAt: at } });
    const application = (name: string) => ({
      ...{ name, namespace: 'org-1', uid: `uid-${name}`, deleted: false, source: 'Listed' as const },
      ...{ labels: {}, annotations: {}, conditions: [] },
    });
    const names = async (where: string) =>
      (await rows(`select name from cluster_application where ${where} order by 1`)).map(({ name }) => name);
    await poison.refuse('cluster_application', 'name', 'two', '22P05');
    await mirror.seen(['one', 'two', 'three'].map(application));
    assert.deepEqual(await names('gone_at is null'), ['one', 'three']);
    assert.deepEqual(await poison.held(), ['mirror-applications Cluster org-1/two Refused']);
    await poison.acceptAll();
    await mirror.seen(['two'].map(application));
    await run(`update cluster_application set conditions = '{}' where name = 'one'`);
    await poison.refuse('cluster_application', 'name', 'two', '22P05');
    await mirror.listed({ present: new Set(), beganAt: new Date(Date.now() + 1000).toISOString() });
    assert.deepEqual(await names('gone_at is null'), ['two']);
  });
});
