/** What the watchdog reports of the rows that break an invariant, and what to do about each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FindingRows } from '../../kernel/rules/finding.ts';
import { type BrokenRow, findingKey, lateAfterSeconds, reportOf } from './findings.ts';

const at = '2026-05-28T10:00:00.000Z';
const declared: FindingRows = {
  TaskLate: {
    ...{ resourceType: 'Task', text: 'late', since: '0.1' },
    ...{ whatToDo: 'Look at {role}. {detail}', whatToDoUnlessRun: 'Start {role}.' },
  },
  RowBroken: { resourceType: 'Any', text: 'broken', since: '0.1', whatToDo: 'Repair it: {detail}.' },
  NeverSeen: { resourceType: 'Fire', text: 'unseen', since: '0.1', whatToDo: 'Nothing.' },
};
const task = { kind: 'TaskLate', resourceType: 'Task', name: 'tick', since: at } as const;
const row = { kind: 'RowBroken', resourceType: 'Schedule', resourceId: 's', organizationId: 'o', since: at } as const;

test('every invariant is counted, also one that holds, and each row that is shown says what to do', () => {
  const found: BrokenRow[] = [
    { ...row, total: 7, detail: 'its zone is $& gone' },
    { ...row, resourceId: 't', total: 7 },
    { ...task, total: 1, role: 'scheduler', isRun: true, detail: 'It hangs.' },
  ];
  assert.deepEqual(reportOf(declared, found, at), {
    checkedAt: at,
    counts: [
      { kind: 'TaskLate', count: 1 },
      { kind: 'RowBroken', count: 7 },
      { kind: 'NeverSeen', count: 0 },
    ],
    findings: [
      { ...row, whatToDo: 'Repair it: its zone is $& gone.' },
      { ...row, resourceId: 't', whatToDo: 'Repair it: .' },
      { ...task, whatToDo: 'Look at scheduler. It hangs.' },
    ],
  });
});

test('of work that no process does, it says so', () => {
  const advice = (more: Partial<BrokenRow>) =>
    reportOf(declared, [{ ...task, total: 1, role: 'connector', ...more }], at).findings[0]?.whatToDo;
  assert.equal(advice({ isRun: false }), 'Start connector.');
  assert.equal(advice({}), 'Start connector.');
  assert.equal(advice({ isRun: true }), 'Look at connector. ');
  assert.equal(advice({ kind: 'Unknown' }), '');
});

test('a finding is the same in every round by its kind, its row and its name', () => {
  const whatToDo = '';
  const keys = [
    { ...row, whatToDo },
    { ...row, resourceId: 't', whatToDo },
    { ...row, kind: 'RowLost', whatToDo },
    { ...task, whatToDo },
    { ...task, name: 'sweep', whatToDo },
  ].map(findingKey);
  assert.equal(new Set(keys).size, 5);
  assert.equal(findingKey({ ...row, since: '2026-05-29T10:00:00.000Z', whatToDo: 'x' }), keys[0]);
});

test('work is late when it has not succeeded for five of its periods, and for a minute at least', () => {
  assert.deepEqual([1, 12, 13, 60].map(lateAfterSeconds), [60, 60, 65, 300]);
});
