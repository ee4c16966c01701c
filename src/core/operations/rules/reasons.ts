/** The reasons of an Operation's events and of our own conditions on it, with the messages that several rules give. */
import { type ConditionRows, clip, conditionsIn } from '../../kernel/rules/condition.ts';
import { type EventRows, eventsIn, type NewEvent } from '../../kernel/rules/event.ts';
import type { Operation } from './operation.ts';

export const operationEvents = {
  Created: { type: 'Normal', text: 'A schedule, a person or a program asked for the Operation.', since: '0.1' },
  CancelRequested: { type: 'Normal', text: 'A person or a program asked to cancel the Operation.', since: '0.1' },
  Cancelled: { type: 'Normal', text: 'The Operation ended because it was cancelled.', since: '0.1' },
  Returned: {
    type: 'Warning',
    text: 'The resource of the Operation is in a cluster again, under another uid: a restore brought it, or a saved manifest. It is not counted as another Operation.',
    since: '0.1',
  },
  ReturnedDeleted: {
    type: 'Normal',
    text: 'The cluster is deleting the resource of a Restore that had come back.',
    since: '0.1',
  },
  ReturnedGone: { type: 'Normal', text: 'A resource that had come back is gone from the cluster.', since: '0.1' },
  Contradicted: { type: 'Warning', text: 'The cluster states another end than the one recorded here.', since: '0.1' },
  ExternalDeletion: { type: 'Warning', text: 'Somebody else deleted the resource in the cluster.', since: '0.1' },
  ResourceDeleted: {
    type: 'Warning',
    text: 'Somebody deleted the resource of a Backup that had succeeded. Its copy is probably still there.',
    since: '0.1',
  },
  DeadlineExceeded: {
    type: 'Warning',
    text: 'The cluster did not accept the resource before deliverBefore.',
    since: '0.1',
  },
  PendingTimeout: {
    type: 'Warning',
    text: 'The Operation was Pending for longer than pendingDeadlineSeconds.',
    since: '0.1',
  },
  BackupsWaitTooLong: {
    type: 'Warning',
    text: 'Backups of the application have waited for the open Restore for longer than restoreWaitSeconds.',
    since: '0.1',
  },
  BlockedAgain: {
    type: 'Warning',
    text: 'The Operation has ended, and the operator states it as Pending again, blocked by another one.',
    since: '0.1',
  },
  RunningTimeout: {
    type: 'Warning',
    text: 'The Operation was Running for longer than runningDeadlineSeconds.',
    since: '0.1',
  },
  Withdrawing: {
    type: 'Warning',
    text: 'The Operation has not started in time: its resource is deleted in the cluster, so that it does not run later.',
    since: '0.1',
  },
  Overdue: {
    type: 'Warning',
    text: 'A Restore has been Running for longer than runningDeadlineSeconds. It goes on: its resource is not deleted while the engine may work on it.',
    since: '0.1',
  },
  StartedAfterEnd: {
    type: 'Warning',
    text: 'The Operation has ended here, and its resource has started in the cluster all the same.',
    since: '0.1',
  },
  DeletionStuck: {
    type: 'Warning',
    text: 'The cluster accepted the deletion of the resource and does not finish it. The message says what a person can do.',
    since: '0.1',
  },
  Tidied: {
    type: 'Normal',
    text: 'The resource of an Operation that had ended has left the cluster: this service deleted it.',
    since: '0.1',
  },
  ResourceGone: {
    type: 'Normal',
    text: 'The resource of an Operation that had ended here is no longer in the cluster.',
    since: '0.1',
  },
} as const satisfies EventRows;

/** Why a delivery is tried again or has failed. */
const deliveryFailures = {
  Unreachable: 'The cluster cannot be reached; the delivery is tried again.',
  Throttled: 'The API server is too busy; the delivery is tried again.',
  ServerError: 'The API server failed; the delivery is tried again.',
  CredentialsRejected: 'The API server rejects the credentials; the delivery is tried again.',
  ConflictingOperation: 'Another Operation of the application has not ended; the delivery is tried again.',
  QuotaExceeded: 'A quota of the namespace is full; the delivery is tried again.',
  ApprovalMissing: 'The operator demands an approval of the Restore; the cluster is checked, and the Restore held.',
  Forbidden: 'The credentials lack a right; the delivery is tried once more and then fails.',
  AdmissionRejected: "The operator's webhook or a policy refuses the resource.",
  TargetNotFound: 'The cluster has no such application.',
  CapabilityMissing: 'The application does not allow Operations of this type and engine.',
  FieldConflict: 'Another field manager owns a field of the resource.',
  Invalid: 'The resource breaks its schema.',
  NamespaceNotFound: 'The cluster has no such namespace.',
  NamespaceTerminating: 'The namespace is being deleted.',
  CrdMissing: 'The cluster does not serve Operations.',
  CrdTerminating: 'The CRD of Operations is being deleted.',
  DeadlineExceeded: 'The cluster did not accept the resource before deliverBefore.',
} as const;

export const operationConditions = {
  Delivered: {
    of: 'Operation',
    text: 'Whether the cluster has accepted the resource. False: the delivery is tried again, or has failed. Unknown: a call had no answer.',
    since: '0.1',
    reasons: { Applied: 'The cluster has accepted the resource.', ...deliveryFailures },
  },
  Held: {
    of: 'Operation',
    text: 'True: the service has not sent the Operation yet, because the cluster is known to refuse it now. It goes by itself once that is over. Absent: nothing holds it.',
    since: '0.1',
    reasons: {
      RestoreInFlight: 'A Restore of the application is open in the cluster.',
      BackupInFlight: 'A Backup of the application is open in the cluster.',
      AwaitingApproval:
        'The operator of the cluster demands an approval of the Restore, or is taken to, and it has none.',
    },
  },
  Failed: {
    of: 'Operation',
    text: 'The Operation ended without success.',
    since: '0.1',
    reasons: {
      ExternalDeletion: 'Somebody else deleted the resource in the cluster.',
      PendingTimeout: 'The Operation was Pending for longer than pendingDeadlineSeconds.',
      RunningTimeout: 'The Operation was Running for longer than runningDeadlineSeconds.',
      FailedValidation: 'Velero did not begin with it; the message has its validation errors.',
      Failed: 'Velero failed, and the operator gives no words of its own.',
      PartiallyFailed: 'Velero could not process everything, and the operator gives no words of its own.',
      ClusterRetired: 'The cluster was retired before it had stated an end.',
      ...deliveryFailures,
    },
  },
  Cancelled: {
    of: 'Operation',
    text: 'The Operation ended because it was cancelled.',
    since: '0.1',
    reasons: { CancelledByUser: 'A person or a program cancelled it.' },
  },
  Returned: {
    of: 'Operation',
    text: 'Whether a resource of the Operation that came back under another uid is in a cluster. Absent when none ever did.',
    since: '0.1',
    reasons: {
      InCluster: 'One is there; the message says where, and what there is to do.',
      Gone: 'All that came back are gone.',
    },
  },
  Withdrawing: {
    of: 'Operation',
    text: 'True: the Operation has not started in time, and its resource is being deleted, so that it does not run later. It ends once the cluster states that the resource is gone, and holds up no schedule meanwhile. False: it was not withdrawn after all.',
    since: '0.1',
    reasons: {
      PendingTimeout: 'The Operation was Pending for longer than pendingDeadlineSeconds.',
      DeadlineExceeded: 'The resource came into the cluster only after deliverBefore.',
      RunningTimeout: 'A Restore is overdue, and its engine is known not to work on it.',
      LeftBehind: 'The Operation had ended here, and its resource was still in the cluster and had not started.',
      FailedValidation: 'Velero does not begin with it, and the operator leaves its resource Running for ever.',
      Started: 'The resource has started before it could be deleted, so it goes on.',
    },
  },
  DeletionPending: {
    of: 'Operation',
    text: 'True: the resource is to leave the cluster, and something keeps it there.',
    since: '0.1',
    reasons: {
      NotFinished:
        'The cluster accepted the deletion some minutes ago and has not finished it. The message says what a person can do.',
      DeletionRefused: 'The cluster refuses the deletion; it is tried again.',
      Unreachable: 'The cluster cannot be reached; the deletion is tried again.',
      Throttled: 'The API server is too busy; the deletion is tried again.',
      ServerError: 'The API server failed; the deletion is tried again.',
      CredentialsRejected: 'The API server rejects the credentials; the deletion is tried again.',
      CrdMissing: 'The cluster does not serve Operations at this time; the deletion is tried again.',
    },
  },
  Tidied: {
    of: 'Operation',
    text: 'False: the Operation has ended, and its resource is to leave the cluster. True: this service has deleted it.',
    since: '0.1',
    reasons: {
      RestoreEnded: 'The Restore has ended, and what it said is recorded.',
      CopyGone: "The copy of the Backup is gone, by Velero's own word.",
      CopyExpired: 'The copy of the Backup has expired more than 48 hours ago.',
      BackupFailed: 'The Backup failed more than a day ago, and Velero has no copy of it.',
    },
  },
  Overdue: {
    of: 'Operation',
    text: 'True: a Restore is Running for longer than runningDeadlineSeconds. It is not deleted, because half an application could be left; a person may cancel it.',
    since: '0.1',
    reasons: { RunningTimeout: 'The Restore is Running for longer than runningDeadlineSeconds.' },
  },
  Degraded: {
    of: 'Operation',
    text: 'The engine could not process everything.',
    since: '0.1',
    reasons: { PartialFailure: 'The engine reported a partial failure.' },
  },
} as const satisfies ConditionRows;

export const operationCondition = conditionsIn(operationConditions);

/** Types that the cluster states as well. All others are ours alone. */
const sharedTypes: readonly string[] = ['Failed', 'Cancelled', 'Degraded'];
const ownTypes: ReadonlySet<string> = new Set(
  Object.keys(operationConditions).filter((type) => !sharedTypes.includes(type)),
);

/** Whether conditions of this type are ours alone: what a cluster states neither sets nor removes them. */
export function isOwnType(type: string): boolean {
  return ownTypes.has(type);
}

export const acceptedMessage = 'The cluster has accepted the resource.';
export const deletedElsewhereMessage = 'Somebody else deleted the resource in the cluster.';

type Named = Pick<Operation, 'organizationId' | 'clusterId' | 'applicationInstanceId' | 'scheduleId' | 'id'>;

/** The ids that an event of the Operation carries. */
export function about(operation: Named) {
  const { organizationId, clusterId, applicationInstanceId, scheduleId, id } = operation;
  return {
    organizationId,
    clusterId,
    applicationInstanceId,
    operationId: id,
    ...(scheduleId !== undefined && { scheduleId }),
  };
}

const made = eventsIn(operationEvents);

export function operationEvent(
  operation: Named,
  reason: keyof typeof operationEvents,
  message: string,
  at: string,
): NewEvent {
  return made(reason, { ...about(operation), message: clip(message), at });
}
