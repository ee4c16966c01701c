/** The fields that all resources share: each bound from both sides, and what comes in of an instant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DisplayName, GivenInstant, given, Id, Instant, Revision } from './fields.ts';

const takes = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) =>
  schema.safeParse(value).success;

test('a name for people has 1 to 200 characters, none of which controls a terminal', () => {
  for (const name of ['x', 'Für die Buchhaltung', 'x'.repeat(200)]) assert.ok(takes(DisplayName, name), name);
  for (const name of ['', 'x'.repeat(201), 'a\nb', '\u001b[31m', 'a\u0000', 'a\u0085'])
    assert.ok(!takes(DisplayName, name), JSON.stringify(name));
});

test('a revision counts from 1 and fits in a column of PostgreSQL', () => {
  for (const revision of [1, 2 ** 31 - 1]) assert.ok(takes(Revision, revision));
  for (const revision of [0, 2 ** 31, 1.5, '1']) assert.ok(!takes(Revision, revision));
});

test('an id is a UUID, and comes in in lower case', () => {
  assert.equal(Id.parse('01A1FC2C-56DC-776A-9702-A499873BECFB'), '01a1fc2c-56dc-776a-9702-a499873becfb');
  for (const id of ['', 'x', '01a1fc2c56dc776a9702a499873becfb']) assert.ok(!takes(Id, id), id);
});

test('an instant has an offset; one of a request comes in in UTC with milliseconds, and only of years that are kept', () => {
  for (const schema of [Instant, GivenInstant]) {
    assert.ok(takes(schema, '2026-05-28T12:00:00+02:00'));
    for (const at of ['2026-05-28T10:00:00', '2026-05-28', 'now']) assert.ok(!takes(schema, at), at);
  }
  assert.equal(GivenInstant.parse('2026-05-28T12:00:00.1239+02:00'), '2026-05-28T10:00:00.123Z');
  for (const at of ['1970-01-01T00:00:00Z', '2999-12-31T23:59:59.999Z']) assert.ok(takes(GivenInstant, at), at);
  for (const at of ['1969-12-31T23:59:59Z', '3000-01-01T00:00:00Z', '0000-01-01T00:00:00Z'])
    assert.ok(!takes(GivenInstant, at), at);
});

test('only what was given goes over a row', () => {
  assert.deepEqual({ a: 1, b: 2, ...given({ a: undefined, b: 3 }) }, { a: 1, b: 3 });
});
