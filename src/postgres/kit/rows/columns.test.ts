/** What is added to a schema reaches every statement, and with Prisma every kind of absence. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { z } from 'zod';
import { ApiKey, Organization } from '../../../core/access/rules/access.ts';
import { ApplicationClass, StoredApplicationInstance } from '../../../core/applications/rules/application.ts';
import { Cluster } from '../../../core/clusters/rules/cluster.ts';
import { StoredOperation } from '../../../core/operations/rules/operation.ts';
import { StoredProtectionPlan } from '../../../core/protection-plans/rules/protection-plan.ts';
import { BlackoutWindow } from '../../../core/scheduling/rules/blackout.ts';
import { StoredSchedule } from '../../../core/scheduling/rules/schedule.ts';
import { assignmentsOf, columnsOf, jsonObjectOf, selectOf } from './columns.ts';
import { fieldsOf } from './shape.ts';

test('a statement names each field of the schema by its column', () => {
  const { shape } = z.object({ id: z.string(), timeZone: z.string().optional() });
  assert.equal(columnsOf(shape), 'id, time_zone');
  assert.equal(columnsOf(shape, 's'), 's.id, s.time_zone');
  assert.equal(selectOf(shape, 's'), 's.id as "id", s.time_zone as "timeZone"');
  assert.equal(assignmentsOf(shape, 'n'), 'id = n.id, time_zone = n.time_zone');
  assert.equal(jsonObjectOf(shape, 's'), `json_build_object('id', s.id, 'timeZone', s.time_zone)`);
});

test('the columns that take no plain null from Prisma are those that its schema calls Json?', async () => {
  const prisma = await readFile(new URL('../../../../prisma/schema.prisma', import.meta.url), 'utf8');
  const schemas = {
    Organization,
    ApiKey,
    ApplicationClass,
    ApplicationInstance: StoredApplicationInstance,
    Cluster,
    Schedule: StoredSchedule,
    BlackoutWindow,
    ProtectionPlan: StoredProtectionPlan,
    Operation: StoredOperation,
  };
  for (const [model, { shape }] of Object.entries(schemas)) {
    const fields = prisma.split(`model ${model} {`)[1]?.split('\n}')[0]?.split('\n') ?? [];
    const nullable = fields.flatMap((line) => /^\s*(\w+)\s+Json\?/.exec(line)?.[1] ?? []);
    assert.ok(fields.length > 5, model);
    assert.deepEqual([...fieldsOf(shape).optionalJson].toSorted(), nullable.toSorted(), model);
  }
});
