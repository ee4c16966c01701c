/** Parts of the watchdog's statement: each subject says in SQL which of its rows break an invariant. */
import type { FindingRow } from '../../core/kernel/rules/finding.ts';

/**
 * Kind → a select without its first two columns: `id, organization_id, since from …`. `$1` is now. Each part reads an
 * index over the few rows that matter now, or the rows of the last day, so that history costs nothing.
 */
export type FindingParts<Kinds extends string> = Readonly<Record<Kinds, string>>;

/** The instant so long before now. */
export const before = (seconds: number) => `($1::timestamptz - interval '${seconds} seconds')`;

export function findingSelect(kind: string, { resourceType }: Pick<FindingRow, 'resourceType'>, part: string): string {
  return `select '${kind}' as kind, '${resourceType}' as "resourceType", ${part}`;
}

/** As `findingSelect`, of a part whose fourth column is what is known of the row, for people; or of one without it. */
export function detailedSelect(
  kind: string,
  { resourceType }: Pick<FindingRow, 'resourceType'>,
  part: string,
  hasDetail: boolean,
): string {
  const columns = hasDetail ? 'id, organization_id, since, detail' : 'id, organization_id, since';
  const detail = hasDetail ? 'f.detail' : 'null::text';
  return `select '${kind}' as kind, '${resourceType}' as "resourceType", f.id, f.organization_id, f.since, ${detail} as detail from (select ${part}) f(${columns})`;
}
