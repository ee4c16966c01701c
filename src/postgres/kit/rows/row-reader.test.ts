import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { StoredSchedule } from '../../../core/scheduling/rules/schedule.ts';
import { selectOf } from './columns.ts';
import { rowReader } from './row-reader.ts';

const Kept = z.object({
  name: z.string().min(2),
  at: z.iso.datetime().optional(),
  count: z.int().optional(),
  document: z.strictObject({ key: z.string().optional() }),
});
const row = { name: 'daily', at: new Date('2026-05-28T02:00:00Z'), count: 3, document: { key: 'a' } };

test('a row is read as the domain has it: instants as text, and NULL as absence', () => {
  const read = rowReader(Kept);
  assert.deepEqual(read(row), { ...row, at: '2026-05-28T02:00:00.000Z' });
  assert.deepEqual(read({ ...row, at: null, count: null }), { ...row, at: undefined, count: undefined });
  assert.deepEqual(read({ ...row, at: new Date('2026-05-28T03:00:00Z') }), { ...row, at: '2026-05-28T03:00:00.000Z' });
  assert.deepEqual(read(row), { ...row, at: '2026-05-28T02:00:00.000Z' });
});

test('a row that does not fit is refused with the name of the column, however often it comes and whatever came before', () => {
  const read = rowReader(Kept);
  read(row);
  for (const [column, stored] of [
    ['name', null],
    ['name', 'd'],
    ['name', { name: 'daily' }],
    ['at', 'yesterday'],
    ['count', 1.5],
    ['document', { other: 1 }],
    ['document', null],
  ] as const)
    for (const _ of ['once', 'again'])
      assert.throws(() => read({ ...row, [column]: stored }), new RegExp(`"path": \\[\\s+"${column}"`));
});

test('more values than are remembered are all read, and rows with the same document share it', () => {
  const read = rowReader(Kept);
  const rows = Array.from({ length: 2_500 }, (_, n) => ({ ...row, name: `name-${n}`, document: { key: `${n % 7}` } }));
  const found = rows.map(read);
  assert.deepEqual(
    found.map(({ name, document }) => [name, document.key]),
    rows.map(({ name, document }) => [name, document.key]),
  );
  assert.equal(new Set(found.map(({ document }) => document)).size, 7);
  assert.deepEqual(rows.map(read), found);
});

test('a select list names each column as the domain does', () => {
  const { id, timeZone, at } = StoredSchedule.shape;
  assert.equal(selectOf({ id, timeZone, at }, 's'), 's.id as "id", s.time_zone as "timeZone", s.at as "at"');
});
