/** Retention that an organization sets for an application class, instead of the class's own. */

import type { RetentionOverridesTable } from '../../core/applications/ports.ts';
import { RetentionOverride } from '../../core/applications/rules/application.ts';
import { Retention, retentionOfCadenceWarnings } from '../../core/applications/rules/retention.ts';
import type { Prisma } from '../generated/client.ts';
import { type Row, shownRow } from '../kit/rows/shape.ts';

const note =
  'Copies made from now on are kept this long; copies that exist keep the time to live that they were made with.';

export function overrideRows(client: Prisma.TransactionClient): RetentionOverridesTable['overrides'] {
  const read = (row: Row & { readonly retention: unknown }) => {
    const { data } = Retention.safeParse(row.retention);
    const warnings = data === undefined ? [] : retentionOfCadenceWarnings(data);
    return shownRow(RetentionOverride, { ...row, note: [note, ...warnings].join(' ') });
  };
  const key = (organizationId: string, applicationClassId: string) => ({
    organizationId_applicationClassId: { organizationId, applicationClassId },
  });
  return {
    async find(organizationId, applicationClassId) {
      const row = await client.retentionOverride.findUnique({ where: key(organizationId, applicationClassId) });
      return row === null ? undefined : read(row);
    },
    async put(organizationId, applicationClassId, retention, now) {
      return read(
        await client.retentionOverride.upsert({
          where: key(organizationId, applicationClassId),
          create: { organizationId, applicationClassId, retention, updatedAt: now },
          update: { retention, updatedAt: now },
        }),
      );
    },
    async remove(organizationId, applicationClassId) {
      await client.retentionOverride.deleteMany({ where: { organizationId, applicationClassId } });
    },
  };
}
