/** What is said of an operator, and how that is known: the first thing that is wrong before what follows from it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition } from '../../kernel/rules/condition.ts';
import { type Discovery, nothingFound } from './discovery.ts';
import type { Answered } from './failure.ts';
import { type OperatorSigns, operatorReady, operatorReadyAfter, operatorUnknown } from './operator-ready.ts';

const now = '2026-05-28T10:00:00.000Z';
const minutesAgo = (minutes: number) => new Date(Date.parse(now) - minutes * 60_000).toISOString();
const known = { status: 'Known', checkedAt: now } as const;
const health = (status: Condition['status'], at = minutesAgo(999), type = 'ControllersHealthy') => ({
  ...known,
  items: [{ name: 'c', conditions: [{ type, status, reason: 'R', message: 'm', lastTransitionTime: at }] }],
});
const operations = { group: 'ops.vworkspace.io', resource: 'operations', versions: ['v1alpha1'] };
const found = (parts: Partial<Discovery> = {}): Discovery => ({
  ...nothingFound(now, 'forbidden'),
  customResources: { ...known, items: [operations] },
  webhook: { ...known, answers: true },
  operator: health('True'),
  ...parts,
});
const ready = (parts: Partial<Discovery> = {}, signs: Partial<OperatorSigns> = {}) => {
  const { status, reason, message } = operatorReady(found(parts), { unansweredCount: 0, ...signs }, now);
  return `${status} ${reason}: ${message}`;
};
const off = { webhook: { status: 'Absent', checkedAt: now, problem: 'Nothing checks Operations.' } } as const;
const untried = { webhook: { status: 'Unknown', problem: 'not allowed' } } as const;

test('the operator is ready when its webhook answers, and the first thing that is wrong is named', () => {
  assert.match(ready(), /^True Answers: Operations pass admission\. Its controllers are healthy\.$/);
  for (const items of [[], [{ ...operations, versions: ['v1'] }], [{ ...operations, resource: 'other' }]])
    assert.match(ready({ customResources: { ...known, items } }), /^False CrdMissing/);
  assert.match(ready({ customResources: { status: 'Unknown', problem: 'x' } }), /^True Answers/);
  assert.match(ready({ webhook: { ...known, answers: false, message: 'refused' } }), /^False WebhookFailing: refused$/);
  assert.match(ready({ operator: health('False') }), /^False ControllersUnhealthy: R: m$/);
  assert.match(ready({ operator: health('False', now, 'Other') }), /not known: it states no condition/);
  assert.match(ready({ operator: { status: 'Unknown', problem: 'forbidden' } }), /^True Answers: .* known: forbidden$/);
  assert.equal(operatorUnknown({ kind: 'Throttled', message: 'x' }).reason, 'Throttled');
});

test('an operator that leaves Operations without a word is not ready, even if its webhook answers', () => {
  const signs = { unansweredCount: 3, unansweredSince: minutesAgo(5) };
  for (const parts of [{}, off, untried])
    assert.match(ready(parts, signs), /^False OperationsUnanswered: .*3 Op.*since/);
});

test('without a webhook a condition of long ago is no sign of life, and the words say how it is known', () => {
  assert.match(ready(off), /^Unknown NoSignOfLife: .*16 h 39 min ago.*Nothing checks Operations\.$/);
  assert.match(ready(off, { heartbeatAt: minutesAgo(14) }), /^True Alive: Its agent posted a heartbeat at .*09:46/);
  assert.match(ready(off, { changedAt: minutesAgo(1) }), /^True Alive: It changed a status/);
  assert.match(ready({ ...off, operator: health('True', minutesAgo(2)) }), /^True Alive: It stated a condition/);
  assert.match(ready(off, { heartbeatAt: minutesAgo(16) }), /^Unknown NoSignOfLife/);
  assert.match(ready(untried, { changedAt: minutesAgo(1) }), /^True Alive: .*was not tried: not allowed$/);
  const blind = { operator: { status: 'Unknown', problem: 'forbidden' } } as const;
  assert.match(ready({ ...off, ...blind }), /^Unknown NotAsked: Nothing checks Operations\. .*never seen/);
  assert.match(ready({ ...untried, ...blind }), /^Unknown NotAsked: .*not allowed/);
});

test('a delivery that the webhook failed makes it not ready at once, and one that passes makes it ready again', () => {
  const failed: Answered = { kind: 'ServerError', message: 'failed calling webhook', webhookFailing: true };
  const missing: Answered = { kind: 'Refused', status: 404, reason: 'CrdMissing', message: 'no CRD' };
  const applied: Answered = { kind: 'Applied' };
  const after = (answers: readonly Answered[], reason: string, webhook: Partial<Discovery> = {}) => {
    const status = reason === 'Answers' ? 'True' : 'False';
    const conditions: Condition[] = [{ type: 'OperatorReady', status, reason, message: '', lastTransitionTime: now }];
    const condition = operatorReadyAfter(answers, { conditions, discovery: found(webhook) });
    return condition && `${condition.status} ${condition.reason}`;
  };
  assert.equal(after([applied, failed], 'Answers'), 'False WebhookFailing');
  assert.equal(after([missing], 'Answers'), 'False CrdMissing');
  assert.equal(after([failed, applied], 'WebhookFailing'), 'True Answers');
  assert.equal(after([applied], 'Answers'), undefined, 'it says nothing new');
  assert.equal(after([applied], 'ControllersUnhealthy'), undefined, 'admission says nothing of controllers');
  assert.equal(after([applied], 'WebhookFailing', off), undefined, 'nothing was checked');
  assert.equal(after([{ kind: 'Deleted' }], 'WebhookFailing'), undefined);
});

test('a sign of life holds for a quarter of an hour to the second, and the last of all signs counts', () => {
  const secondsAgo = (seconds: number) => new Date(Date.parse(now) - seconds * 1000).toISOString();
  const blind = { ...off, operator: { ...known, items: [] } };
  assert.match(ready(blind, { heartbeatAt: secondsAgo(900) }), /^True Alive/);
  assert.match(
    ready(blind, { heartbeatAt: secondsAgo(901) }),
    /^Unknown NoSignOfLife: .*15 min 1 s ago \(its agent posted/,
  );
  assert.match(
    ready(blind, { heartbeatAt: minutesAgo(9), changedAt: minutesAgo(3) }),
    /It changed a status at .*09:57/,
  );
  assert.match(ready(blind, { heartbeatAt: minutesAgo(3), changedAt: minutesAgo(9) }), /heartbeat at .*09:57/);
  const stated = { ...off, operator: health('True', minutesAgo(1)) };
  assert.match(
    ready(stated, { heartbeatAt: minutesAgo(3), changedAt: minutesAgo(9) }),
    /It stated a condition .*09:59/,
  );
});

test('where nothing was tried, the words are those of the webhook, else of the resources, else that nobody asked', () => {
  const blind = { operator: { ...known, items: [] } };
  const words = (webhook: object, customResources: object) =>
    ready({
      ...blind,
      webhook: { status: 'Unknown', ...webhook },
      customResources: { status: 'Unknown', ...customResources },
    });
  const never = 'The operator was never seen to do anything.';
  for (const [webhook, customResources, why] of [
    [{ problem: 'not allowed' }, { problem: 'no list' }, 'not allowed'],
    [{}, { problem: 'no list' }, 'no list'],
    [{}, {}, 'it was not asked'],
  ] as const)
    assert.equal(words(webhook, customResources), `Unknown NotAsked: Its webhook was not tried: ${why} ${never}`);
});
