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
