/** A Backup and a Restore of one application never meet in its cluster because of us, and neither waits for what is not there. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { OperationType } from '../../src/core/kernel/rules/operation-type.ts';
import { Phase } from '../../src/core/operations/rules/operation.ts';
import { isOpen } from '../../src/core/operations/rules/restores/open-operation.ts';
import { fire } from '../../src/core/scheduling/fire.ts';
import { jsonRows } from '../../src/postgres/kit/rows/shape.ts';
import { isOpen as openInSql } from '../../src/postgres/operations/open.ts';
import { type Delivering, startDelivering } from '../support/delivering.ts';
import { freeObject } from '../support/kubernetes/free-object.ts';
import { keptLog } from '../support/log.ts';

const restore = { type: 'Restore', parameters: { backupName: 'some-backup' } };

describe('while an Operation of an application is open in its cluster', () => {
  let scene: Delivering;
  beforeEach(async () => {
    // So slow that nothing ends by itself.
    scene = await startDelivering({ speed: 0.01 });
  });
  afterEach(() => scene.close());

  const sent = async (more: object = {}) => {
    const operation = await scene.ask(more);
    await scene.deliver();
    assert.ok(isThere(operation), operation.name);
    return operation;
  };
  const isThere = ({ name }: { name: string }) => scene.cluster.get('operations', 'org-myteam', name) !== undefined;
  const heldOf = async (id: string) => (await scene.find(id)).conditions.find(({ type }) => type === 'Held');
  /** Fires each minute, and is due. Returns what the ledger says. */
  const fireSchedule = async () => {
    const { applicationInstanceId } = scene;
    const schedule = { applicationInstanceId, name: 'minutely', schedule: '* * * * *', concurrencyPolicy: 'Allow' };
    const { id, nextFireAt } = await scene.api.make('/v1/schedules', schedule);
    scene.ahead(Math.ceil((Date.parse(nextFireAt) - Date.parse(scene.now())) / 1000));
    const clock = { now: async () => scene.now() };
    await fire({ ...scene.api.opened, clock, doorbell: { ring() {} }, log: keptLog().log });
    const { items } = (await scene.api.call('GET', `/v1/schedules/${id}/fires`)).body;
    return items.map(({ outcome, reason }: { outcome: string; reason: string }) => `${outcome}/${reason}`);
  };

  for (const [first, second, reason] of [
    [restore, {}, 'RestoreInFlight'],
    [{}, restore, 'BackupInFlight'],
  ] as const) {
    test(`the other that must not meet it is held, names it, and goes by itself: ${reason}`, async () => {
      const open = await sent(first);
      const waiting = await scene.ask(second);
      await scene.deliver();
      assert.equal(isThere(waiting), false);
      const held = await heldOf(waiting.id);
      assert.deepEqual([held?.status, held?.reason], ['True', reason]);
      assert.match(held?.message ?? '', new RegExp(`${open.name} .*cancel ${open.name}`));
      assert.equal((await scene.find(waiting.id)).waiting?.reason, reason);
      const { revision } = await scene.find(waiting.id);
      scene.ahead(11);
      await scene.deliver();
      assert.equal((await scene.find(waiting.id)).revision, revision, 'a look that finds nothing new writes nothing');

      await scene.end(open);
      scene.ahead(11);
      await scene.deliver();
      assert.equal(isThere(waiting), true);
      assert.equal(await heldOf(waiting.id), undefined);
      assert.deepEqual(await scene.told(waiting.id), ['Created', 'HeldBack', 'Delivered']);
    });
  }

  test('one that is held is cancelled at once, and never reaches the cluster', async () => {
    await sent(restore);
    const waiting = await scene.ask();
    await scene.deliver();
    assert.equal((await scene.cancel(waiting.id)).body.phase, 'Cancelled');
    assert.equal(await heldOf(waiting.id), undefined, 'nothing holds what has ended');
    scene.ahead(11);
    await scene.deliver();
    assert.equal(isThere(waiting), false);
  });

  test('one that is held past its deadline for delivery fails with what it waited for', async () => {
    const open = await sent(restore);
    const waiting = await scene.ask({ deliveryDeadlineSeconds: 60 });
    await scene.deliver();
    scene.ahead(61);
    assert.equal(await scene.expire(), 1);
    const { phase, conditions } = await scene.find(waiting.id);
    assert.equal(phase, 'Failed');
    assert.match(
      conditions.find(({ type }) => type === 'Failed')?.message ?? '',
      new RegExp(`Held since .*${open.name}`),
    );
    assert.equal(await heldOf(waiting.id), undefined, 'nothing holds what has ended');
  });

  test('a Restore that waits for it keeps no Backup waiting, on demand or of a schedule', async () => {
    await sent();
    const waiting = await scene.ask(restore);
    await scene.deliver();
    assert.equal((await heldOf(waiting.id))?.reason, 'BackupInFlight');
    await sent();
    assert.deepEqual(await fireSchedule(), ['Fired/OnTime']);
  });

  test('a slot waits for a Restore that is open', async () => {
    await sent(restore);
    assert.deepEqual(await fireSchedule(), ['Deferred/RestoreInFlight']);
  });

  test('of a Backup and a Restore that come due together, one goes and the other waits', async () => {
    const asked = [await scene.ask(restore), await scene.ask()] as const;
    await scene.deliver();
    assert.deepEqual(asked.map(isThere), [false, true]);
  });

  test('a Restore whose apply had no answer is open: it may be in the cluster', async () => {
    const fault = scene.cluster.inject({ kind: 'cutAfterCommit', verbs: ['patch'], count: 1 });
    await scene.ask(restore);
    await scene.deliver();
    fault.clear();
    const waiting = await scene.ask();
    await scene.deliver();
    assert.equal((await heldOf(waiting.id))?.reason, 'RestoreInFlight');
  });

  test('backups that wait for longer than their class allows are told once, stay a finding, and put protection at risk', async () => {
    const { applicationClassId, applicationInstanceId } = scene;
    const { body } = await scene.api.call('GET', `/v1/application-classes/${applicationClassId}`);
    assert.equal(body.restoreWaitSeconds, 7200);
    const open = await sent(restore);
    const waiting = await scene.ask();
    await scene.deliver();
    const findings = async () =>
      (await scene.api.call('GET', '/v1/watchdog')).body.findings.filter(
        ({ kind }: { kind: string }) => kind === 'BackupsWaitForRestore',
      );
    const wait = async () =>
      (await scene.api.opened.protections.find(open.organizationId, applicationInstanceId, scene.now()))?.facts
        .restoreWait;
    scene.ahead(7190);
    assert.deepEqual([await scene.tellWaits(), (await findings()).length], [0, 0]);
    const since = (await heldOf(waiting.id))?.lastTransitionTime;
    assert.deepEqual(await wait(), { name: open.name, since, limitSeconds: 7200 });
    scene.ahead(20);
    assert.equal(await scene.tellWaits(), 1);
    assert.equal(await scene.tellWaits(), 0, 'it is told once');
    assert.ok((await scene.told(open.id)).includes('BackupsWaitTooLong'));
    const [finding] = await findings();
    assert.deepEqual([finding?.resourceType, finding?.resourceId], ['Operation', open.id]);
    await scene.cancel(waiting.id);
    assert.deepEqual([await findings(), await wait()], [[], undefined], 'nothing waits any more');
  });

  test('a finished Restore that is Pending again and blocked is told, with what blocks it and the way out', async () => {
    const done = await sent(restore);
    await scene.end(done);
    const { namespace, name } = done;
    const resource = freeObject(scene.cluster, 'operations', namespace, name);
    const at = new Date().toISOString();
    const message = 'conflicting Operation "nightly" (Backup) is in flight';
    const blocked = {
      type: 'Blocked',
      status: 'True',
      reason: 'ConflictingOperation',
      message,
      lastTransitionTime: at,
    };
    scene.cluster.put('operations', { ...resource, status: { phase: 'Pending', conditions: [blocked] } });
    await scene.look([done]);
    assert.equal((await scene.find(done.id)).phase, 'Succeeded');
    assert.ok((await scene.told(done.id)).includes('BlockedAgain'));
    scene.ahead(130);
    const findings = (await scene.api.call('GET', '/v1/watchdog')).body.findings.filter(
      ({ kind }: { kind: string }) => kind === 'EndedOperationBlocked',
    );
    assert.deepEqual(
      findings.map(({ resourceId }: { resourceId: string }) => resourceId),
      [done.id],
    );
    assert.match(findings[0].whatToDo, new RegExp(`Restore ${name} .*"nightly" \\(Backup\\).*delete the resource`));
  });

  test('a finished Restore that is in flight again keeps Backups back until the operator is done with it', async () => {
    const done = await sent(restore);
    await scene.end(done);
    const resource = freeObject(scene.cluster, 'operations', done.namespace, done.name);
    scene.cluster.put('operations', { ...resource, status: { phase: 'Pending' } });
    await scene.look([done]);
    const waiting = await scene.ask();
    await scene.deliver();
    assert.equal(isThere(waiting), false, 'each would block the other for ever');
    const held = await heldOf(waiting.id);
    assert.equal(held?.reason, 'RestoreInFlight');
    assert.match(
      held?.message ?? '',
      new RegExp(`${done.name} .*in flight again.*delete the resource of ${done.name}`),
    );
    assert.deepEqual(await fireSchedule(), ['Deferred/RestoreInFlight']);
    scene.ahead(7300);
    assert.equal(await scene.tellWaits(), 1, 'it is told when it lasts');

    await scene.end(done);
    await scene.deliver();
    assert.equal(isThere(waiting), true);
  });

  test('what the record asks PostgreSQL is what the rule calls open', async () => {
    const cases = ['Backup', 'Restore'].flatMap((type) =>
      Phase.options.flatMap((phase) =>
        [undefined, 'u'].flatMap((uid) =>
          [0, 1].flatMap((unanswered) =>
            [undefined, { phase: 'Pending', message: '', since: scene.now() } as const].map((inFlightInCluster) => ({
              ...{ type: OperationType.parse(type), phase, uid, unanswered, inFlightInCluster },
            })),
          ),
        ),
      ),
    );
    const { rows } = await scene.api.opened.pool.query(
      `select ${openInSql('o')} as open from json_populate_recordset(null::operation, $1) o`,
      [jsonRows(cases)],
    );
    assert.deepEqual(
      rows.map(({ open }) => open),
      cases.map(isOpen),
    );
  });
});
