import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isTransient } from './transient-failures.ts';

const coded = (code: string, more: object = {}) => Object.assign(new Error('x'), { code }, more);

describe('a failure that passes is no defect', () => {
  const passing: readonly [string, unknown][] = [
    ['a refused connection', coded('ECONNREFUSED')],
    ['several refused addresses', new AggregateError([coded('ECONNREFUSED')])],
    ['a pool without a free connection', new Error('timeout exceeded when trying to connect')],
    ['a connection that breaks under a query', new Error('Connection terminated unexpectedly')],
    ['an administrator who shuts down', coded('57P01')],
    ['a refusal to connect', coded('55000', { severity: 'FATAL' })],
    ['a cause within a cause', new Error('a', { cause: new Error('b', { cause: coded('08006') }) })],
  ];
  for (const [name, error] of passing)
    test(`${name} is worth a repetition`, () => assert.equal(isTransient(error), true));

  const defects: readonly [string, unknown][] = [
    ['a broken constraint', coded('23514')],
    ['a syntax error', coded('42601', { severity: 'ERROR' })],
    ['a programming error', new TypeError('x is not a function')],
    ['nothing', undefined],
    ['a text', 'ECONNREFUSED'],
  ];
  for (const [name, error] of defects) test(`${name} is not`, () => assert.equal(isTransient(error), false));

  test('an error that is its own cause ends the search', () => {
    const error = new Error('x');
    error.cause = error;
    assert.equal(isTransient(error), false);
  });
});
