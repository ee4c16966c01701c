/**
 * Whether the operator of a cluster demands an approval claim of each Restore. A Restore that it takes and does not
 * start, because the claim is missing, is in flight there and keeps every Backup of its application waiting. So one that
 * needs a claim is never sent without.
 *
 *   Required, NotRequired   the setting of the cluster says it
 *   Auto                    the last check does: a dry run of a Restore without a claim was denied for that, or passed
 *                           where admission is checked. Where neither is known, a claim is taken to be demanded
 */
import { z } from 'zod';
import type { Discovery } from './discovery.ts';

export const RestoreApproval = z.enum(['Auto', 'Required', 'NotRequired']).meta({
  id: 'RestoreApproval',
  description:
    'Whether the operator of the cluster demands an approval of each Restore. Required: it does. NotRequired: it does not. Auto: as the check of the cluster finds it (`discovery.restoreApproval`); while that is not known, for example because the webhook of the operator is off, it is taken to demand one. A Restore that needs an approval and has none is not sent: its condition Held says so.',
});
export type RestoreApproval = z.infer<typeof RestoreApproval>;

export interface ApprovalDemand {
  readonly demanded: boolean;
  /** Nobody knows, so it is taken to be demanded. */
  readonly assumed: boolean;
  /** Why, for people. */
  readonly because: string;
}

export function approvalDemand({
  name,
  restoreApproval,
  discovery,
}: {
  readonly name: string;
  readonly restoreApproval: RestoreApproval;
  readonly discovery?: Discovery | undefined;
}): ApprovalDemand {
  if (restoreApproval !== 'Auto') {
    const because = `The cluster ${name} is set to restoreApproval ${restoreApproval}.`;
    return { demanded: restoreApproval === 'Required', assumed: false, because };
  }
  const found = discovery?.restoreApproval;
  if (found?.demanded !== undefined) {
    const what = found.demanded ? 'demands' : 'does not demand';
    const because = `The operator of ${name} ${what} an approval of each Restore (checked ${found.checkedAt ?? 'before'}).`;
    return { demanded: found.demanded, assumed: false, because };
  }
  const why = found?.problem ?? 'the cluster was not checked yet.';
  return {
    demanded: true,
    assumed: true,
    because: `Whether the operator of ${name} demands an approval of each Restore is not known, so it is taken to: ${why} If it demands none, set restoreApproval to NotRequired (changeCluster).`,
  };
}
