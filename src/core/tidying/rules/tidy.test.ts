/** What leaves its cluster, and above all what does not: a table of cases, and random ones for the copies that live. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { exampleOperation } from '../../../../test/support/core/operation-example.ts';
import type { KnownOperation } from '../../operations/rules/observed/observation.ts';
import { shifted } from '../../time/rules/slots.ts';
import { decideTidy, type TidyCandidate } from './tidy.ts';

const end = '2026-05-28T10:04:00.000Z';
const expiresAt = '2026-06-27T10:00:00.000Z';
const hour = 3600;
const settings = { enabled: true, restoresAfterSeconds: 300 };
const restore: KnownOperation = {
  ...{ ...exampleOperation, type: 'Restore', ttl: undefined },
  ...{ uid: 'u', deliveredAt: end, phase: 'Succeeded', finishedAt: end },
};
const backup: KnownOperation = { ...exampleOperation, uid: 'u', phase: 'Succeeded', finishedAt: end, expiresAt };
const failedCondition = {
  type: 'Failed',
  status: 'True',
  reason: 'Failed',
  message: 'm',
  lastTransitionTime: end,
} as const;
const { expiresAt: _, ...unexpiring } = backup;
const failed: KnownOperation = { ...unexpiring, deliveredAt: end, phase: 'Failed', conditions: [failedCondition] };
const copied = { phase: 'Completed', copied: true, expiresAt } as const;

function decided(operation: KnownOperation, now: string, more: Partial<TidyCandidate> = {}) {
  const known = { allowed: true, targetInFlight: false, followsVelero: false };
  return decideTidy({ operation, ...known, ...more }, settings, now);
}
function leaves(operation: KnownOperation, now: string, more: Partial<TidyCandidate> = {}): string | false {
  const decision = decided(operation, now, more);
  return decision.kind === 'Tidy' && decision.reason;
}

describe('a Restore', () => {
  test('leaves some minutes after its end, however it ended', () => {
    assert.equal(leaves(restore, shifted(end, 299)), false);
    assert.equal(leaves(restore, shifted(end, 300)), 'RestoreEnded');
    assert.equal(
      leaves({ ...restore, phase: 'Failed', conditions: [failedCondition] }, shifted(end, 300)),
      'RestoreEnded',
    );
    assert.deepEqual(decided(restore, end), { kind: 'Later', at: shifted(end, 300) });
  });

  test("waits some minutes for Velero's word where it may be read, and then goes without", () => {
    const follows = { followsVelero: true } as const;
    const working = { ...follows, word: { phase: 'InProgress', copied: false } };
    assert.equal(
      leaves(restore, shifted(end, 300), { ...follows, word: { phase: 'Completed', copied: false } }),
      'RestoreEnded',
    );
    for (const unknown of [follows, working]) {
      assert.equal(leaves(restore, shifted(end, 899), unknown), false);
      assert.equal(leaves(restore, shifted(end, 900), unknown), 'RestoreEnded');
    }
  });
});

describe('a Backup', () => {
  test('leaves 48 hours after its copy has expired, where nobody may look at Velero', () => {
    assert.equal(leaves(backup, shifted(expiresAt, 48 * hour - 1)), false);
    assert.equal(leaves(backup, shifted(expiresAt, 48 * hour)), 'CopyExpired');
  });

  test('waits for a storage location that is not available', () => {
    const late = shifted(expiresAt, 90 * 24 * hour);
    assert.equal(leaves(backup, late, { locationPhase: 'Unavailable' }), false);
    assert.equal(leaves(backup, late, { locationPhase: 'Available' }), 'CopyExpired');
  });

  test("goes by Velero's own word where it may be read: an hour after the copy is gone, and never while it is there", () => {
    const late = shifted(expiresAt, 400 * 24 * hour);
    assert.equal(leaves(backup, late, { followsVelero: true, word: copied }), false);
    assert.equal(
      leaves(backup, late, { followsVelero: true, word: { ...copied, awayAt: end } }),
      false,
      'it may blink',
    );
    const gone = { followsVelero: true, word: { ...copied, awayAt: end, goneAt: end } };
    assert.equal(leaves(backup, shifted(end, hour - 1), gone), false);
    assert.equal(leaves(backup, shifted(end, hour), gone), 'CopyGone');
    assert.equal(
      leaves(backup, shifted(expiresAt, 48 * hour), { followsVelero: true }),
      'CopyExpired',
      'gone before it was followed',
    );
    const expired = { ...copied, awayAt: expiresAt, goneAt: shifted(expiresAt, 600) };
    assert.equal(
      leaves(backup, shifted(expiresAt, 600), { followsVelero: true, word: expired }),
      'CopyGone',
      'as it should',
    );
    const again = { ...copied, startedAt: shifted(expiresAt, 5 * hour), expiresAt: shifted(expiresAt, 725 * hour) };
    assert.equal(leaves(backup, shifted(expiresAt, 47 * hour), { followsVelero: true, word: again }), false);
    assert.equal(
      leaves(backup, shifted(expiresAt, 48 * hour), { followsVelero: true, word: again }),
      'CopyExpired',
      'run again',
    );
    const kept = { word: { ...copied, expiresAt: shifted(expiresAt, 100 * hour) } };
    assert.equal(leaves(backup, shifted(expiresAt, 147 * hour), kept), false, 'a word of before, which says longer');
  });

  test('that failed leaves a day later where Velero has no copy, else like one that has a copy', () => {
    assert.equal(leaves(failed, shifted(end, 24 * hour), { followsVelero: true }), 'BackupFailed');
    assert.equal(leaves(failed, shifted(end, 24 * hour - 1), { followsVelero: true }), false);
    const partial = { followsVelero: true, word: { ...copied, phase: 'PartiallyFailed' } };
    assert.equal(leaves(failed, shifted(expiresAt, 100 * hour), partial), false);
    assert.equal(leaves(failed, shifted(end, 720 * hour)), false);
    assert.equal(leaves(failed, shifted(end, 768 * hour)), 'CopyExpired');
    assert.equal(
      leaves({ ...failed, contradiction: { phase: 'Succeeded', message: '', at: end } }, shifted(end, 25 * hour), {
        followsVelero: true,
      }),
      false,
    );
  });
});

test('nothing leaves that is not ours, has not ended, was given up, is kept by a setting, or has something in flight beside it', () => {
  const late = '2030-01-01T00:00:00.000Z';
  const givenUp = { ...failed, conditions: [{ ...failedCondition, reason: 'RunningTimeout' }] };
  for (const operation of [restore, backup]) {
    assert.ok(leaves(operation, late));
    assert.equal(decided({ ...operation, origin: 'cluster' }, late).kind, 'Never');
    assert.equal(decided({ ...operation, resourceGoneAt: end }, late).kind, 'Never');
    const inFlightInCluster = { phase: 'Pending', message: '', since: end } as const;
    assert.equal(leaves({ ...operation, inFlightInCluster }, late), false, 'the operator has put it back');
    for (const phase of ['Pending', 'Running'] as const) assert.equal(leaves({ ...operation, phase }, late), false);
    assert.equal(leaves(operation, late, { allowed: false }), false);
    assert.equal(leaves(operation, late, { targetInFlight: true }), false);
    const off = { operation, allowed: true, targetInFlight: false, followsVelero: false };
    assert.notEqual(decideTidy(off, { ...settings, enabled: false }, late).kind, 'Tidy');
  }
  assert.equal(leaves(givenUp, late), false, 'it may still run there');
});

test('a look is never put off into the past, and a copy that lives is never touched', () => {
  const instant = fc
    .integer({ min: 0, max: 200 * 24 * hour })
    .map((seconds) => shifted('2026-05-01T00:00:00.000Z', seconds));
  const word = fc.record({
    phase: fc.constantFrom('InProgress', 'Completed', 'PartiallyFailed', 'Failed', 'Deleting'),
    copied: fc.boolean(),
    expiresAt: fc.option(instant, { nil: undefined }),
  });
  const facts = fc.record({
    followsVelero: fc.boolean(),
    word: fc.option(word, { nil: undefined }),
    locationPhase: fc.constantFrom(undefined, 'Available', 'Unavailable'),
  });
  fc.assert(
    fc.property(fc.constantFrom(restore, backup, failed), instant, facts, (operation, now, beside) => {
      const decision = decided(operation, now, beside);
      if (decision.kind === 'Later') assert.ok(Date.parse(decision.at) > Date.parse(now));
      if (operation !== backup || decision.kind !== 'Tidy') return;
      assert.ok(Date.parse(now) >= Date.parse(expiresAt) + 48 * hour * 1000);
      assert.ok(!(beside.followsVelero && beside.word?.copied === true));
    }),
  );
});

test('each decision says why in words, or when it is looked at again', () => {
  const late = shifted(expiresAt, 1000 * hour);
  const later = (seconds: number) => ({ kind: 'Later', at: shifted(late, seconds) });
  assert.deepEqual(decided(restore, late, { allowed: false }), later(600));
  const off = { operation: restore, allowed: true, targetInFlight: false, followsVelero: false };
  assert.deepEqual(decideTidy(off, { ...settings, enabled: false }, late), later(600));
  assert.deepEqual(decided({ ...restore, phase: 'Running' }, late), later(3600));
  const givenUp = { ...failed, conditions: [{ ...failedCondition, reason: 'RunningTimeout' }] };
  assert.deepEqual(decided(givenUp, late), later(3600));
  const inFlightInCluster = { phase: 'Pending', message: '', since: end } as const;
  assert.deepEqual(decided({ ...restore, inFlightInCluster }, late), later(60));
  assert.deepEqual(decided(restore, late, { targetInFlight: true }), later(60));
  assert.deepEqual(decided(restore, shifted(end, 400), { followsVelero: true }), {
    kind: 'Later',
    at: shifted(end, 430),
  });
  assert.deepEqual(decided(restore, end, { followsVelero: true }), { kind: 'Later', at: shifted(end, 300) });
  assert.deepEqual(decided({ ...restore, uid: undefined }, late), { kind: 'Never' });
  assert.deepEqual(decided(restore, late), {
    ...{ kind: 'Tidy', reason: 'RestoreEnded' },
    message: 'The Restore has ended, and what it said is recorded here.',
  });
  assert.deepEqual(decided(backup, late), {
    ...{ kind: 'Tidy', reason: 'CopyExpired' },
    message: `The copy expired at ${expiresAt}, more than 48 h ago.`,
  });
  assert.deepEqual(decided(failed, late, { followsVelero: true }), {
    ...{ kind: 'Tidy', reason: 'BackupFailed' },
    message: 'The Backup failed, and Velero has no copy of it.',
  });
  const away = shifted(end, 60);
  const gone = { followsVelero: true, word: { ...copied, goneAt: shifted(end, 360) } };
  const message = (since: string) => `By Velero's word the copy has been gone since ${since}.`;
  assert.deepEqual(decided(backup, late, gone), {
    kind: 'Tidy',
    reason: 'CopyGone',
    message: message(shifted(end, 360)),
  });
  assert.deepEqual(decided(backup, late, { ...gone, word: { ...gone.word, awayAt: away } }), {
    ...{ kind: 'Tidy', reason: 'CopyGone', message: message(away) },
  });
});

test('a Backup that waits is looked at when it may be due, and each hour while that is not known', () => {
  const at = (operation: KnownOperation, now: string, more: Partial<TidyCandidate> = {}) => {
    const decision = decided(operation, now, more);
    return decision.kind === 'Later' ? decision.at : decision.kind;
  };
  const follows = { followsVelero: true } as const;
  assert.equal(at(backup, end), shifted(expiresAt, 48 * hour));
  assert.equal(at(backup, end, { ...follows, word: copied }), shifted(expiresAt, hour), 'Velero collects it then');
  const late = shifted(expiresAt, 400 * hour);
  assert.equal(at(backup, late, { ...follows, word: copied }), shifted(late, hour), 'it has not collected it yet');
  assert.equal(at(backup, late, { locationPhase: 'Unavailable' }), shifted(late, hour));
  assert.equal(at(backup, end, { locationPhase: 'Unavailable' }), shifted(expiresAt, 48 * hour));
  const running = { phase: 'InProgress', copied: false };
  assert.equal(at(failed, late, { ...follows, word: running }), shifted(late, hour), 'it may become a copy');
  for (const over of [{ awayAt: end }, { goneAt: end }])
    assert.equal(at(failed, late, { ...follows, word: { ...running, ...over } }), 'Tidy');
  assert.equal(at(failed, end, { ...follows, word: { phase: 'Failed', copied: false } }), shifted(end, 24 * hour));
  assert.equal(at(backup, end, follows), shifted(expiresAt, 48 * hour), 'it succeeded, so it had a copy');
});

test('a copy of which nobody says when it expires is kept for its time to live, or thirty days, from the end', () => {
  const due = (operation: KnownOperation) => {
    const decision = decided(operation, end);
    return decision.kind === 'Later' && decision.at;
  };
  const { ttl: _, ttlSeconds: __, ...unkept } = failed;
  assert.equal(due({ ...failed, ttl: '24h' }), shifted(end, 72 * hour));
  assert.equal(due(unkept), shifted(end, (720 + 48) * hour));
  const { finishedAt: ___, ...unended } = failed;
  assert.equal(due({ ...unended, ttl: '24h' }), shifted(failed.createdAt, 72 * hour), 'from its creation at the least');
});
