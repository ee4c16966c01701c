/** The invariants that deliveries keep. */
import type { FindingRows } from '../../kernel/rules/finding.ts';

export const deliveryFindings = {
  OperationUndelivered: {
    resourceType: 'Operation',
    text: 'an Operation is past its deadline for delivery and has not ended',
    whatToDo:
      'The Operation is past its deadline for delivery. Its cluster may have it and cannot be asked: check the cluster (checkCluster). Otherwise make sure that a replica with the role scheduler runs.',
    since: '0.1',
  },
  DeliveryLeaseExpired: {
    resourceType: 'Operation',
    text: 'a connector claimed a delivery and nobody finished it',
    whatToDo:
      'The connector that delivered the Operation is gone, and nobody has taken over. Make sure that a replica with the role connector runs.',
    since: '0.1',
  },
} as const satisfies FindingRows;
