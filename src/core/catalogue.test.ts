import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conditions, events, problems, scopes, together } from './catalogue.ts';

test('two subjects that declare the same row stop the start, and say which row it is', () => {
  assert.throws(() => together({ a: 1, b: 2 }, { c: 3, b: 4 }), /Two subjects declare b\./);
  assert.deepEqual(together<Record<string, number>>({ a: 1 }, { b: 2 }), { a: 1, b: 2 });
  assert.equal(new Set(scopes).size, scopes.length);
});

test('every row says in a sentence what it means', () => {
  const texts = [
    ...Object.values(events).map(({ text }) => text),
    ...Object.values(conditions).flatMap(({ text, reasons }) => [text, ...Object.values(reasons)]),
  ];
  assert.ok(texts.length > 60);
  for (const text of texts) assert.match(text, /^[A-Z].*\.$/);
  for (const { status, title } of Object.values(problems)) {
    assert.ok(status >= 400 && status < 600);
    assert.match(title, /^[A-Z]/);
  }
});
