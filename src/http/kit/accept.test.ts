import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedWeight } from './accept.ts';

test('of two forms a client gets the one that its Accept weighs more', () => {
  const cases: readonly (readonly [string | undefined, number, number])[] = [
    [undefined, 1, 1],
    ['*/*', 1, 1],
    ['application/json', 1, 0],
    ['application/yaml', 0, 1],
    ['Application/YAML ; q=0.9', 0, 0.9],
    ['application/yaml, */*;q=0.1', 0.1, 1],
    ['application/*;q=0.5, application/yaml;q=0', 0.5, 0],
    ['text/html', 0, 0],
    ['application/json;charset=utf-8;q=0.2,application/yaml;q=.5', 0.2, 1],
    ['', 0, 0],
    [',;;q=x', 0, 0],
  ];
  for (const [accept, json, yaml] of cases) {
    assert.deepEqual(
      [acceptedWeight(accept, ['application/json']), acceptedWeight(accept, ['application/yaml'])],
      [json, yaml],
      accept,
    );
  }
});
