/** What Velero itself states of copies: recorded once, read beside the Operation, and told when a copy vanishes. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { LeaseLost } from '../../src/core/clusters/rules/fence.ts';
import { observe } from '../../src/core/operations/rules/observed/observe.ts';
import { ObservedStatus } from '../../src/core/operations/rules/observed/observed-status.ts';
import { followVelero } from '../../src/core/velero/follow-velero.ts';
import { recordVelero } from '../../src/core/velero/record-velero.ts';
import type { ObservedVelero } from '../../src/core/velero/rules/velero-resource.ts';
import { confirmVanished, forgetGone, tellOperations } from '../../src/core/velero/velero-work.ts';
import { observedVelero } from '../support/core/velero-example.ts';
import { keptLog } from '../support/log.ts';
import { poisonOf } from '../support/poison.ts';
import { startApi, type TestApi } from './harness.ts';
import { backup, type Scene, setScene, succeeded } from './scene.ts';

const minute = 60_000;
const connectorId = '01a1fc2c-56c4-7482-a9b6-392998819805';
const fence = { connectorId, epoch: 1 };

describe("Velero's own word", () => {
  let api: TestApi;
  let scene: Scene;
  let aheadMs = 0;
  const clock = { now: async () => new Date(Date.now() + aheadMs).toISOString() };
  const { log } = keptLog('info');
  const ago = (ms: number) => new Date(Date.now() + aheadMs - ms).toISOString();
  before(async () => {
    api = await startApi({ clock });
    scene = await setScene(api);
    organizationId = (await api.call('GET', `/v1/clusters/${scene.clusterId}`)).body.organizationId;
    await api.opened.pool.query(
      `insert into cluster_lease (cluster_id, connector_id, epoch, expires_at) values ($1, $2, 1, clock_timestamp() + interval '50 seconds')`,
      [scene.clusterId, connectorId],
    );
    await follower().state({ kind: 'Watching' });
    await recorder().seen([location('Available')]);
  });
  beforeEach(async () => {
    await api.opened.pool.query(`update cluster_lease set expires_at = clock_timestamp() + interval '50 seconds'`);
  });
  after(() => api.close());

  const ports = () => ({ ...api.opened, clock, log });
  const cluster = () => ({ id: scene.clusterId, organizationId });
  let organizationId = '';
  const recorder = () => recordVelero(ports(), cluster(), fence);
  const follower = () => followVelero(ports(), cluster(), fence);
  const location = (phase: string) => observedVelero('BackupStorageLocation', 'default', { phase });
  const seen = (name: string, more: Partial<ObservedVelero> = {}) =>
    observedVelero('Backup', name, {
      ...{ startedAt: ago(30 * minute), completedAt: ago(20 * minute), expiresAt: ago(-600 * minute) },
      ...{ storageLocation: 'default', totalItems: 40, itemsDone: 40, warningCount: 1, ...more },
    });
  const copyOf = async (more: Partial<ObservedVelero> = {}) => {
    const id = await succeeded(api, scene);
    const { body } = await api.call('GET', `/v1/operations/${id}`);
    const observed = seen(body.name, more);
    await recorder().seen([observed]);
    return { id, name: body.name, observed };
  };
  const point = async (id: string) => (await api.call('GET', `/v1/recovery-points/${id}`)).body;
  const listedIds = async (query = '') =>
    (await api.call('GET', `/v1/recovery-points?limit=200&${query}`)).body.items.map((each: { id: string }) => each.id);
  const copies = async (query = '') =>
    (await api.call('GET', `/v1/clusters/${scene.clusterId}/copies?limit=200&${query}`)).body.items;
  const reasons = async (id: string) =>
    (await api.call('GET', `/v1/operations/${id}/events?orderBy=at`)).body.items.map(
      (each: { reason: string }) => each.reason,
    );
  const later = (ms: number) => {
    aheadMs += ms;
  };
  const protection = async () =>
    (await api.call('GET', `/v1/application-instances/${scene.applicationInstanceId}/protection`)).body;

  test('a recovery point is known from Velero with its times and counts, and without it from the operator', async () => {
    const unknown = await succeeded(api, scene);
    assert.equal((await point(unknown)).knownFrom, 'Operator');
    const { id, observed } = await copyOf();
    const { knownFrom, startedAt, finishedAt, expiresAt, itemCount, warningCount, lastSeenAt } = await point(id);
    assert.deepEqual(
      { knownFrom, startedAt, finishedAt, expiresAt, itemCount, warningCount },
      {
        ...{ knownFrom: 'Velero', startedAt: observed.startedAt, finishedAt: observed.completedAt },
        ...{ expiresAt: observed.expiresAt, itemCount: 40, warningCount: 1 },
      },
    );
    assert.ok(lastSeenAt >= ago(minute), lastSeenAt);
    const { body } = await api.call('GET', `/v1/operations/${id}`);
    assert.deepEqual([body.velero.phase, body.velero.itemCount, body.progress?.itemsDone], ['Completed', 40, 40]);
  });

  test('a copy that Velero lets expire earlier is offered no longer', async () => {
    assert.ok(!(await listedIds()).includes((await copyOf({ expiresAt: ago(minute) })).id));
  });

  test('a copy that Velero keeps for longer is offered, and protects, for as long', async () => {
    const { id, name, observed } = await copyOf();
    const [expiresAt, afterTtl] = [ago(-9000 * 60 * minute), ago(-8000 * 60 * minute)];
    await recorder().seen([seen(name, { ...observed, expiresAt })]);
    const { body } = await api.call('GET', `/v1/operations/${id}`);
    assert.deepEqual([body.expiresAt, (await point(id)).expiresAt], [expiresAt, expiresAt]);
    assert.ok((await listedIds(`at=${afterTtl}`)).includes(id));
    assert.equal((await protection()).lastGoodCopy.expiresAt, expiresAt);
    await recorder().seen([seen(name, { ...observed, expiresAt })]);
    assert.equal((await api.call('GET', `/v1/operations/${id}`)).body.revision, body.revision, 'once');
  });

  test('a copy that waited in the queue of Velero is kept as Velero says, although the operator ends it later', async () => {
    const { operation } = await api.make('/v1/operations', backup(scene));
    const expiresAt = ago(-9000 * 60 * minute);
    await recorder().seen([seen(operation.name, { expiresAt })]);
    const status = ObservedStatus.parse({ phase: 'Succeeded', startedAt: ago(50 * minute), finishedAt: ago(minute) });
    const { name, namespace, id: operationId } = operation;
    const observation = { name, namespace, operationId, uid: 'uid', deleted: false, source: 'Listed', status } as const;
    await api.opened.observations.ingest(scene.clusterId, [observation], (known, each) => observe(known, each, ago(0)));
    assert.equal((await api.call('GET', `/v1/operations/${operationId}`)).body.expiresAt, expiresAt);
  });

  test('a copy that blinks is told to nobody and stays, one that is away for five minutes is gone, and may return', async () => {
    const { id, observed, name } = await copyOf();
    const gone = { ...observed, deleted: true };
    await recorder().seen([gone]);
    later(4 * minute);
    assert.equal(await confirmVanished(ports()), 0);
    assert.ok((await listedIds()).includes(id));
    await recorder().seen([{ ...observed, uid: 'again' }]);
    later(9 * minute);
    assert.equal(await confirmVanished(ports()), 0);

    await recorder().seen([{ ...gone, uid: 'again' }]);
    later(6 * minute);
    assert.equal((await protection()).lastGoodCopy.operationId, id);
    assert.equal(await confirmVanished(ports()), 1);
    assert.equal(await confirmVanished(ports()), 0);
    assert.ok(!(await listedIds()).includes(id));
    assert.ok((await listedIds('includeGone=true')).includes(id));
    assert.ok((await point(id)).goneAt);
    assert.notEqual((await protection()).lastGoodCopy.operationId, id, 'judged without it');
    assert.deepEqual(
      (await reasons(id)).filter((reason: string) => reason === 'CopyVanished'),
      ['CopyVanished'],
    );
    assert.deepEqual(
      (await copies('gone=true')).map((each: { name: string }) => each.name),
      [name],
    );

    await recorder().seen([{ ...observed, uid: 'third' }]);
    assert.ok((await listedIds()).includes(id));
    assert.ok((await reasons(id)).includes('CopyReturned'));
  });

  test('nothing is gone while the location is not Available, or the watch was not well all the time', async () => {
    const { observed } = await copyOf();
    await recorder().seen([{ ...observed, deleted: true }, location('Unavailable')]);
    later(30 * minute);
    assert.equal(await confirmVanished(ports()), 0);
    await recorder().seen([location('Available')]);
    assert.equal(await confirmVanished(ports()), 0, 'Velero has not looked there yet');
    await follower().state({ kind: 'Interrupted', failure: { kind: 'Unreachable', message: 'away' } });
    later(6 * minute);
    assert.equal(await confirmVanished(ports()), 0);
    await follower().state({ kind: 'Watching' });
    assert.equal(await confirmVanished(ports()), 0);
    later(6 * minute);
    await api.opened.pool.query('update cluster_lease set epoch = 2');
    assert.equal(await confirmVanished(ports()), 0, 'another connector has not listed yet');
    await api.opened.pool.query('update cluster_lease set epoch = 1');
    assert.equal(await confirmVanished(ports()), 1);
  });

  test('what is missing from a list is away, and what began after it is not', async () => {
    const { id, name } = await copyOf();
    const beganAt = ago(0);
    later(minute);
    const { id: other } = await copyOf();
    await recorder().listed('Backup', { present: new Set(), beganAt });
    const { rows } = await api.opened.pool.query(
      'select away_at is not null as away from velero_resource where name = $1',
      [name],
    );
    assert.deepEqual(rows, [{ away: true }]);
    assert.equal((await api.call('GET', `/v1/operations/${other}`)).body.velero.goneAt, undefined);
    assert.ok((await listedIds()).includes(id), 'until it is known to be gone');
  });

  test('an Operation that Velero refuses is Failed with its words within one look, and a wordless failure gets its counts', async () => {
    const running = async (phase: string) => {
      const { operation } = await api.make('/v1/operations', backup(scene));
      await api.opened.pool.query(
        `update operation set phase = $2, uid = 'uid-' || name, owed = null, next_attempt_at = null, delivered_at = now(), finished_at = case when $2 = 'Failed' then now() end where id = $1`,
        [operation.id, phase],
      );
      return operation;
    };
    const refused = await running('Running');
    const partial = await running('Failed');
    const other = await running('Running');
    const ofUid = (name: string) => ({ operationUid: `uid-${name}` });
    await recorder().seen([
      seen(refused.name, { ...ofUid(refused.name), phase: 'FailedValidation', validationErrors: ['no such location'] }),
      seen(partial.name, { ...ofUid(partial.name), phase: 'PartiallyFailed', errorCount: 2 }),
      seen(other.name, { operationUid: 'another', phase: 'FailedValidation' }),
    ]);
    assert.equal(await tellOperations(ports()), 2);
    assert.equal(await tellOperations(ports()), 0);
    const failed = async ({ id }: { id: string }) => {
      const { body } = await api.call('GET', `/v1/operations/${id}`);
      return [body.phase, body.conditions.find(({ type }: { type: string }) => type === 'Failed')?.message];
    };
    assert.deepEqual(await failed(refused), [
      'Failed',
      'Velero states FailedValidation (1 warning, 40 items): no such location',
    ]);
    assert.deepEqual(await failed(partial), [
      'Failed',
      'Velero states PartiallyFailed (2 errors, 1 warning, 40 items).',
    ]);
    assert.deepEqual(await failed(other), ['Running', undefined]);
  });

  test('copies of others are listed with their application, and orphans are marked', async () => {
    const cancelled = await copyOf();
    await api.opened.pool.query(`update operation set phase = 'Cancelled' where id = $1`, [cancelled.id]);
    await recorder().seen([
      seen('by-label', { namespaces: ['org-myteam'], target: 'nextcloud-myteam' }),
      seen('by-namespace', { namespaces: ['org-myteam'], veleroSchedule: 'nightly' }),
      seen('of-all', {}),
    ]);
    const found: Map<string, Record<string, unknown>> = new Map(
      (await copies()).map((each: { name: string }) => [each.name, each]),
    );
    const instance = scene.applicationInstanceId;
    assert.deepEqual(
      ['by-label', 'by-namespace', 'of-all'].map((name) => [
        found.get(name)?.applicationInstanceId,
        found.get(name)?.operationId,
      ]),
      [
        [instance, undefined],
        [instance, undefined],
        [undefined, undefined],
      ],
    );
    assert.equal(found.get(cancelled.name)?.orphan, 'OperationCancelled');
    assert.deepEqual(
      (await copies('orphaned=true')).map((each: { name: string }) => each.name),
      [cancelled.name],
    );
    const others = (await copies('ofOperation=false')).map((each: { name: string }) => each.name);
    assert.ok(others.includes('of-all') && !others.includes(cancelled.name), String(others));
    assert.equal((await api.call('GET', `/v1/clusters/${scene.clusterId}/copies`, { key: api.otherKey })).status, 404);
  });

  test('what is gone for a month and belongs to no Operation is forgotten, and nothing else', async () => {
    await recorder().seen([seen('of-all', { deleted: true })]);
    later(6 * minute);
    assert.ok((await confirmVanished(ports())) > 0);
    later(31 * 24 * 60 * minute);
    const before = (await copies()).length;
    assert.equal(await forgetGone(ports()), 1);
    assert.equal((await copies()).length, before - 1);
  });

  test('a resource that cannot be stored keeps no other from being recorded', async () => {
    const poison = poisonOf(api.opened.pool);
    await poison.refuse('velero_resource', 'name', 'poisoned', '23514');
    await recorder().seen(['before-it', 'poisoned', 'behind-it'].map((name) => seen(name)));
    await poison.acceptAll();
    const names = (await copies()).map(({ name }: { name: string }) => name);
    assert.deepEqual(
      [names.includes('before-it'), names.includes('poisoned'), names.includes('behind-it')],
      [true, false, true],
    );
    assert.deepEqual(await poison.held(), ['record-velero Cluster Backup/poisoned Refused']);
  });

  test('a connector that has lost its lease records nothing', async () => {
    const lost = recordVelero(ports(), cluster(), { connectorId, epoch: 7 });
    await assert.rejects(lost.seen([seen('late')]), LeaseLost);
    assert.ok(!(await copies()).some(({ name }: { name: string }) => name === 'late'));
  });

  test('the namespace of Velero is a setting, else where its locations were found', async () => {
    const place = () => api.opened.veleroRecord.namespace(scene.clusterId);
    assert.equal(await place(), 'velero');
    await api.opened.pool.query(
      `update cluster set discovery = '{"checkedAt": "2026-01-01T00:00:00.000Z", "storageLocations": {"status": "Known", "items": [{"name": "default", "namespace": "backup", "phase": "Available", "default": true}]}}' where id = $1`,
      [scene.clusterId],
    );
    assert.equal(await place(), 'backup');
    const answer = await api.call('PATCH', `/v1/clusters/${scene.clusterId}`, {
      body: { veleroNamespace: 'elsewhere' },
    });
    assert.equal(answer.body.veleroNamespace, 'elsewhere', answer.text);
    assert.equal(await place(), 'elsewhere');
  });
});
