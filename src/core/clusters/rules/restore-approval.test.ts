/** Whether a Restore needs an approval: by the setting, else by the last check, else it is taken to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nothingFound } from './discovery.ts';
import { approvalDemand } from './restore-approval.ts';

const name = 'cluster-prod-1';
const checkedAt = '2026-05-28T10:00:00.000Z';
const found = (demanded: boolean, more: object = {}) => ({
  ...nothingFound(checkedAt, 'It did not answer.'),
  restoreApproval: { status: 'Known' as const, demanded, ...more },
});

test('the setting of the cluster goes before what a check found', () => {
  const discovery = found(true, { checkedAt });
  const demand = approvalDemand({ name, restoreApproval: 'NotRequired', discovery });
  assert.deepEqual([demand.demanded, demand.assumed], [false, false]);
  assert.match(demand.because, /set to restoreApproval NotRequired/);
});

test('what the last check found says when that was', () => {
  for (const [demanded, what] of [
    [true, 'demands'],
    [false, 'does not demand'],
  ] as const) {
    const words = (when: string) => `The operator of ${name} ${what} an approval of each Restore (checked ${when}).`;
    const dated = approvalDemand({ name, restoreApproval: 'Auto', discovery: found(demanded, { checkedAt }) });
    assert.deepEqual(dated, { demanded, assumed: false, because: words(checkedAt) });
    const undated = approvalDemand({ name, restoreApproval: 'Auto', discovery: found(demanded) });
    assert.equal(undated.because, words('before'));
  }
});

test('where nobody knows, an approval is taken to be demanded, with the way out', () => {
  const demand = approvalDemand({ name, restoreApproval: 'Auto' });
  assert.deepEqual([demand.demanded, demand.assumed], [true, true]);
  assert.match(demand.because, /not checked yet.*set restoreApproval to NotRequired/);
});
