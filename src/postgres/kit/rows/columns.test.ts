/** What is added to a schema reaches every statement. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { assignmentsOf, columnsOf, jsonObjectOf, selectOf } from './columns.ts';

test('a statement names each field of the schema by its column', () => {
  const { shape } = z.object({ id: z.string(), timeZone: z.string().optional() });
  assert.equal(columnsOf(shape), 'id, time_zone');
  assert.equal(columnsOf(shape, 's'), 's.id, s.time_zone');
  assert.equal(selectOf(shape, 's'), 's.id as "id", s.time_zone as "timeZone"');
  assert.equal(assignmentsOf(shape, 'n'), 'id = n.id, time_zone = n.time_zone');
  assert.equal(jsonObjectOf(shape, 's'), `json_build_object('id', s.id, 'timeZone', s.time_zone)`);
});
