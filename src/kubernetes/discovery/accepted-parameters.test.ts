/** What dry runs say of an operator: whether it checks Operations at all, which parameters it accepts, and whether it demands approvals. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  checked,
  denied,
  discover,
  forbidden,
  place,
  scriptOf,
  whole,
} from '../../../test/support/kubernetes/scripted-discovery.ts';

const made = [201, { kind: 'Operation' }] as const;

describe('dry runs', () => {
  test('the parameters that an operator accepts are found by dry runs only, and one by one where all are denied', async () => {
    const old = ['retention', 'snapshotClassName', 'storageLocation', 'backupName', 'namespaceMapping', 'restorePVs'];
    const asked: string[] = [];
    const { discovery } = await discover(
      scriptOf(
        {
          ...whole,
          'PATCH operation': checked((body) => {
            const unknown = Object.keys(JSON.parse(body).spec.parameters).filter((key) => !old.includes(key));
            // Names what is allowed as well: that must not count against it.
            if (unknown.length > 0) return denied(`unknown parameter "${unknown.at(-1)}" (allowed: ${old.join(', ')})`);
            return [201, { kind: 'Operation' }];
          }),
        },
        asked,
      ),
    );
    const { backup, restore, source } = discovery.acceptedParameters;
    assert.equal(source, 'DryRun');
    assert.deepEqual(new Set(backup), new Set(['retention', 'snapshotClassName', 'storageLocation']));
    assert.deepEqual(new Set(restore), new Set(['backupName', 'namespaceMapping', 'restorePVs']));
    assert.deepEqual([discovery.webhook.status, discovery.webhook.answers], ['Known', true]);
    const writes = asked.filter((each) => !each.startsWith('GET') && !each.includes('authorization.k8s.io'));
    assert.ok(writes.length > 0);
    for (const write of writes) assert.match(write, /^PATCH .*[?&]dryRun=All/);
  });

  test('an operator that accepts everything is asked once a type; a conflict in flight says nothing against it', async () => {
    let count = 0;
    const { discovery } = await discover(
      scriptOf({
        ...whole,
        'PATCH operation': checked(() => {
          count += 1;
          return count === 1 ? [201, { kind: 'Operation' }] : denied('conflicting Operation "b" (Backup) is in flight');
        }),
      }),
    );
    assert.equal(count, 2);
    assert.ok(discovery.acceptedParameters.backup?.includes('ttl'));
    assert.ok(discovery.acceptedParameters.restore?.includes('existingResourcePolicy'));
  });

  test('a denial that is not about parameters leaves them Unknown, with its words', async () => {
    const { discovery } = await discover(
      scriptOf({ ...whole, 'PATCH operation': denied('target ApplicationInstance "apps/cloud" not found') }),
    );
    assert.equal(discovery.acceptedParameters.status, 'Unknown');
    assert.match(discovery.acceptedParameters.problem ?? '', /"apps\/cloud" not found/);
    assert.equal(discovery.webhook.answers, true);
  });

  test('a webhook that does not answer is reported as such', async () => {
    const message = 'Internal error occurred: failed calling webhook "v.io": context deadline exceeded';
    const { discovery } = await discover(
      scriptOf({ ...whole, 'PATCH operation': [500, { kind: 'Status', reason: 'InternalError', message }] }),
    );
    assert.equal(discovery.webhook.answers, false);
    assert.match(discovery.webhook.message ?? '', /context deadline exceeded/);
  });

  test('one that has to be denied and passes says that nothing is checked, and no other says anything', async () => {
    let count = 0;
    const script = scriptOf({
      ...whole,
      'PATCH operation': () => {
        count += 1;
        return made;
      },
    });
    const { webhook, acceptedParameters, restoreApproval } = (await discover(script)).discovery;
    assert.equal(count, 1);
    assert.deepEqual([webhook.status, webhook.answers], ['Absent', undefined]);
    assert.match(webhook.problem ?? '', /Nothing checks Operations at admission/);
    assert.equal(acceptedParameters.status, 'Unknown');
    assert.deepEqual([restoreApproval?.status, restoreApproval?.demanded], ['Absent', undefined]);
  });

  test('a Restore without an approval that is denied for that says that one is demanded, and what else it accepts', async () => {
    const approvalOf = async (words?: string) => {
      const answer = (body: string) =>
        JSON.parse(body).spec.type === 'Restore' && words !== undefined ? denied(words) : made;
      return (await discover(scriptOf({ ...whole, 'PATCH operation': checked(answer) }))).discovery;
    };
    for (const words of [
      'an approval claim is required',
      'Restore/velero requires approval: spec.approvals.claim is missing',
      'approvals.claim: Required value: missing',
    ]) {
      const { restoreApproval, acceptedParameters } = await approvalOf(words);
      assert.deepEqual([restoreApproval?.status, restoreApproval?.demanded], ['Known', true], words);
      assert.ok(acceptedParameters.restore?.includes('existingResourcePolicy'), words);
    }
    assert.equal((await approvalOf()).restoreApproval?.demanded, false);
    const other = await approvalOf('target "approval-required" does not declare capability');
    assert.deepEqual([other.restoreApproval?.status, other.restoreApproval?.demanded], ['Unknown', undefined]);
  });

  test('an application in a namespace without rights says nothing, and the next one is tried', async () => {
    const places = ['a', 'b', 'c', 'd', 'apps'].map((namespace) => ({ ...place, namespace }));
    const answers = {
      ...whole,
      'PATCH operation': (body: string) => {
        const { namespace } = JSON.parse(body).metadata;
        return namespace === 'apps' ? checked(() => made)(body) : forbidden;
      },
    };
    const { webhook, restoreApproval } = (await discover(scriptOf(answers), places)).discovery;
    assert.deepEqual([webhook.answers, restoreApproval?.demanded], [true, false]);
  });
});
