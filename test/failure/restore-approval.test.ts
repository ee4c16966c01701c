/** A Restore that needs an approval is never sent without one, says what it waits for, and keeps no Backup waiting. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type Delivering, startDelivering } from '../support/delivering.ts';
import { freeObject } from '../support/kubernetes/free-object.ts';

const restore = { type: 'Restore', parameters: { backupName: 'some-backup' } };

describe('a Restore', () => {
  let scene: Delivering;
  beforeEach(async () => {
    scene = await startDelivering({ speed: 0.01 });
  });
  afterEach(() => scene.close());
  const setTo = async (restoreApproval: string) => {
    const changed = await scene.api.call('PATCH', `/v1/clusters/${scene.clusterId}`, { body: { restoreApproval } });
    assert.deepEqual([changed.status, changed.body.restoreApproval], [200, restoreApproval], changed.text);
  };
  const resourceOf = ({ name }: { name: string }) => freeObject(scene.cluster, 'operations', 'org-myteam', name);
  const later = async () => {
    scene.ahead(11);
    await scene.deliver();
  };
  const heldOf = async (id: string) => (await scene.find(id)).conditions.find(({ type }) => type === 'Held');

  test('without the approval that its cluster demands is held, while Backups go, and goes once none is demanded', async () => {
    await setTo('Required');
    const waiting = await scene.ask(restore);
    await scene.deliver();
    const backup = await scene.ask();
    await later();
    assert.equal(resourceOf(waiting), undefined);
    assert.ok(resourceOf(backup));
    const held = await heldOf(waiting.id);
    assert.deepEqual([held?.status, held?.reason], ['True', 'AwaitingApproval']);
    assert.match(held?.message ?? '', /not sent without one.*restoreApproval Required/);
    assert.equal((await scene.find(waiting.id)).waiting?.reason, 'AwaitingApproval');
    await scene.end(backup);
    await setTo('NotRequired');
    await later();
    assert.ok(resourceOf(waiting));
    assert.equal(await heldOf(waiting.id), undefined);
  });

  test('waits while nobody knows whether one is demanded, has the cluster checked, and goes when none is', async () => {
    await setTo('Auto');
    const waiting = await scene.ask(restore);
    await scene.deliver();
    assert.match((await heldOf(waiting.id))?.message ?? '', /is not known.*set restoreApproval to NotRequired/);
    const { rows } = await scene.api.opened.pool.query('select check_due_at <= now() as due from cluster');
    assert.deepEqual(rows, [{ due: true }]);
    assert.equal(resourceOf(waiting), undefined);
    await scene.check();
    await later();
    assert.ok(resourceOf(waiting));
  });

  test('that was approved is sent with its claim', async () => {
    await setTo('Required');
    const [approved, other] = [await scene.ask(restore), await scene.ask(restore)];
    const claim = 'vws1.not-verified.00';
    await scene.deliver({ approvalClaims: { of: async () => new Map([[approved.id, claim]]) } });
    // The simulated webhook verifies each claim, so this one arrives and is denied.
    const { conditions } = await scene.find(approved.id);
    assert.match(conditions.find(({ type }) => type === 'Delivered')?.message ?? '', /approval claim is not valid/);
    assert.equal((await heldOf(other.id))?.reason, 'AwaitingApproval');
  });

  test('that the operator denies for want of an approval does not fail: the cluster is checked again', async () => {
    scene.cluster.inject({ kind: 'deny', message: 'an approval claim is required', count: 1 });
    const waiting = await scene.ask(restore);
    await scene.deliver();
    const { phase, conditions } = await scene.find(waiting.id);
    assert.deepEqual(
      [phase, conditions.find(({ type }) => type === 'Delivered')?.reason],
      ['Pending', 'ApprovalMissing'],
    );
  });
});
