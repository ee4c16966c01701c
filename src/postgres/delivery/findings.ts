/** Deliveries that break an invariant. */
import type { deliveryFindings } from '../../core/delivery/rules/findings.ts';
import { tolerance } from '../../core/watchdog/rules/findings.ts';
import { before, type FindingParts } from '../kit/findings.ts';
import { mayBeOwed } from '../operations/owed.ts';

const throttled = `select id from cluster where throttled_until is not null and throttled_until > ${before(tolerance.leaseSeconds)}`;

export const deliveryFindingParts: FindingParts<keyof typeof deliveryFindings> = {
  // In the words of the partial index: Operations that have ended are not read.
  OperationUndelivered: `id, organization_id, deliver_before
    from operation
    where phase in ('Pending', 'Running') and phase = 'Pending' and delivered_at is null and deliver_before < ${before(tolerance.pastDeadlineSeconds)}`,
  DeliveryLeaseExpired: `id, organization_id, next_attempt_at
    from operation
    where ${mayBeOwed()} and lease_id is not null and next_attempt_at < ${before(tolerance.leaseSeconds)}
      and cluster_id not in (${throttled})`,
};
