/** Texts are cut and made storable, and a condition keeps its time while its status stays. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Condition, clip, storableText, withStated } from './condition.ts';

const [earlier, later] = ['2026-05-28T10:00:00.000Z', '2026-05-28T11:00:00.000Z'];
const condition = (more: Partial<Condition> = {}): Condition => ({
  ...{ type: 'Ready', status: 'True', reason: 'R', message: 'm', lastTransitionTime: earlier },
  ...more,
});

test('a condition replaces the one of its type at its place, and a new type comes last', () => {
  const [ready, other] = [condition(), condition({ type: 'Other' })];
  const failed = condition({ status: 'False', lastTransitionTime: later });
  assert.deepEqual(withStated([ready, other], failed), [failed, other]);
  assert.deepEqual(withStated([other], ready), [other, ready]);
});

test('its time of transition changes with its status only, and the same again changes nothing at all', () => {
  const known = [condition()];
  assert.equal(withStated(known, condition({ lastTransitionTime: later })), known);
  for (const change of [{ reason: 'S' }, { message: 'n' }])
    assert.deepEqual(withStated(known, condition({ ...change, lastTransitionTime: later })), [condition(change)]);
  const turned = condition({ status: 'Unknown', lastTransitionTime: later });
  assert.deepEqual(withStated(known, turned), [turned]);
});

test('a text is cut at a whole character, with a sign that it was, and not below its bound', () => {
  const exact = 'x'.repeat(1024);
  assert.equal(clip(exact), exact);
  assert.equal(clip(`${exact}y`), `${'x'.repeat(1021)}…`);
  assert.equal(clip('ä'.repeat(5), 10), 'ä'.repeat(5));
  assert.equal(clip('ä'.repeat(6), 10), 'äää…');
  assert.equal(clip('aäää', 6), 'aä…');
  assert.equal(clip('\u{1F600}\u{1F600}\u{1F600}', 11), '\u{1F600}\u{1F600}…');
});

test('what PostgreSQL cannot store is replaced', () => {
  assert.equal(storableText('a\u0000b\ud800c'), 'a\uFFFDb\uFFFDc');
  assert.equal(clip('a\u0000b'), 'a\uFFFDb');
});
