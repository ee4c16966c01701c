/** Which parameters are refused because an operator is known not to accept them, and in which words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nothingFound } from '../../clusters/rules/discovery.ts';
import { Refusal } from '../../kernel/rules/problem.ts';
import {
  type CheckedCluster,
  refusalsAsWarnings,
  refuseUnaccepted,
  ttlFieldOf,
  unaccepted,
  unacceptedErrors,
  type WantedParameters,
} from './accepted-parameters.ts';

const checkedAt = '2026-05-28T10:00:00.000Z';
const accepting = (backup: string[] | undefined, restore?: string[]): CheckedCluster => ({
  name: 'east',
  discovery: { ...nothingFound(checkedAt, 'x'), acceptedParameters: { status: 'Known', checkedAt, backup, restore } },
});
const wanted: WantedParameters = {
  ...{ type: 'Backup', parameters: { hooks: 1, ttlSource: 1 }, given: { hooks: 1 }, ttlGiven: true },
  pointer: '/parameters',
};

test('the time to live goes by the name that the operator knows, and by ttl where that is not known', () => {
  for (const [backup, field] of [
    [undefined, 'ttl'],
    [['ttl', 'retention'], 'ttl'],
    [['retention'], 'retention'],
    [[], 'none'],
  ] as const)
    assert.equal(ttlFieldOf(accepting(backup === undefined ? undefined : [...backup])), field);
  assert.equal(ttlFieldOf({}), 'ttl');
});

test('each parameter that is not accepted is named, with where it comes from and when that was found', () => {
  const rule = `The operator of the cluster east does not accept it (checked ${checkedAt})`;
  assert.deepEqual(unaccepted(wanted, accepting(['other'])), [
    { field: 'hooks', from: 'Request', rule },
    { field: 'ttlSource', from: 'ApplicationClass', rule },
    {
      ...{ field: 'ttl', from: 'Request' },
      rule: `The operator of the cluster east accepts no time to live, neither as ttl nor as retention (checked ${checkedAt})`,
    },
  ]);
  assert.deepEqual(unaccepted(wanted, accepting(['hooks', 'ttlSource', 'retention'])), []);
  assert.deepEqual(unaccepted({ ...wanted, type: 'Restore' }, accepting(['x'], ['hooks', 'ttlSource'])), []);
  assert.deepEqual(unaccepted({ ...wanted, type: 'Restore' }, accepting(['x'])), [], 'nothing is known of Restores');
});

test('an error says where the parameter stands in the request, and what to do', () => {
  const rule = `The operator of the cluster east does not accept it (checked ${checkedAt})`;
  assert.deepEqual(unacceptedErrors(wanted, accepting(['ttl'])), [
    { pointer: '/parameters/hooks', detail: `${rule}; leave it out, or update the operator and check the cluster.` },
    {
      pointer: '/parameters/ttlSource',
      detail: `${rule}; it comes from the application class's defaultParameters: remove it there, or update the operator and check the cluster.`,
    },
  ]);
});

test('a request with such a parameter is refused with all of them, and as warnings where it is in effect already', () => {
  assert.doesNotThrow(() => refuseUnaccepted(wanted, accepting(['hooks', 'ttlSource', 'ttl'])));
  assert.throws(
    () => refuseUnaccepted(wanted, accepting(['ttl'])),
    (error) => {
      assert.ok(error instanceof Refusal);
      assert.equal(error.message, 'The operator of the cluster east does not accept all parameters.');
      assert.deepEqual(error.errors, unacceptedErrors(wanted, accepting(['ttl'])));
      return error.code === 'rule-violated';
    },
  );
  assert.deepEqual(refusalsAsWarnings([{ pointer: '/parameters/hooks', detail: 'No.' }]), [
    'Its backups will be refused (parameters/hooks). No.',
  ]);
});

test('parameters of a request may be 32 KiB as JSON, and no more', () => {
  const of = (length: number) => ({ ...wanted, parameters: {}, given: { a: 'x'.repeat(length - '{"a":""}'.length) } });
  assert.doesNotThrow(() => refuseUnaccepted(of(32_768), { name: 'east' }));
  assert.throws(
    () => refuseUnaccepted(of(32_769), { name: 'east' }),
    (error) => {
      assert.ok(error instanceof Refusal);
      assert.deepEqual(error.errors, [{ pointer: '/parameters', detail: 'must be at most 32 KiB as JSON.' }]);
      return true;
    },
  );
});
