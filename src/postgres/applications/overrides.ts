/** Retention that an organization sets for an application class, instead of the class's own. */

import type { RetentionOverridesTable } from '../../core/applications/ports.ts';
import { RetentionOverride } from '../../core/applications/rules/application.ts';
import { Retention, retentionOfCadenceWarnings } from '../../core/applications/rules/retention.ts';
import { type Row, shownRow } from '../kit/rows/shape.ts';
import { tableOf } from '../kit/rows/table.ts';
import { type Sql, select } from '../kit/sql.ts';

const note =
  'Copies made from now on are kept this long; copies that exist keep the time to live that they were made with.';

const put = `
  insert into retention_override (organization_id, application_class_id, retention, updated_at) values ($1, $2, $3, $4)
  on conflict (organization_id, application_class_id) do update set retention = excluded.retention, updated_at = excluded.updated_at
  returning *`;

export function overrideRows(client: Sql): RetentionOverridesTable['overrides'] {
  const read = (row: Row) => {
    const { data } = Retention.safeParse(row.retention);
    const warnings = data === undefined ? [] : retentionOfCadenceWarnings(data);
    return shownRow(RetentionOverride, { ...row, note: [note, ...warnings].join(' ') });
  };
  const overrides = tableOf(client, 'retention_override');
  return {
    async find(organizationId, applicationClassId) {
      const row = await overrides.find({ organizationId, applicationClassId });
      return row === undefined ? undefined : read(row);
    },
    async put(organizationId, applicationClassId, retention, now) {
      const [row = {}] = await select(client, put, [
        organizationId,
        applicationClassId,
        JSON.stringify(retention),
        now,
      ]);
      return read(row);
    },
    remove: (organizationId, applicationClassId) => overrides.remove({ organizationId, applicationClassId }),
  };
}
