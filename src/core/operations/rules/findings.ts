/** The invariants that Operations keep. */
import type { FindingRows } from '../../kernel/rules/finding.ts';

export const operationFindings = {
  OperationWithoutEvent: {
    resourceType: 'Operation',
    text: 'an Operation has no event',
    whatToDo: 'The Operation was written without its history. Find out what writes to the database beside the service.',
    since: '0.1',
  },
  OperationNotStarted: {
    resourceType: 'Operation',
    text: 'an Operation is Pending beyond the deadline of its class',
    whatToDo:
      'The Operation is Pending beyond the deadline of its class, which should have ended it. Make sure that a replica with the role scheduler runs.',
    since: '0.1',
  },
  WithdrawalNotDone: {
    resourceType: 'Operation',
    text: 'an Operation has been withdrawn for an hour and its resource is not known to be gone',
    whatToDo:
      'The Operation did not start in time, and its resource is to be deleted, so that it does not run later. The cluster has not stated for an hour that it is gone: read the conditions Withdrawing and DeletionPending of the Operation, and check the cluster (checkCluster). Until the resource is gone it may still run.',
    since: '0.1',
  },
  RestoreOverdue: {
    resourceType: 'Operation',
    text: 'a Restore is Running beyond the deadline of its class',
    whatToDo:
      'The Restore is overdue. It is not deleted by itself, because half an application could be left, and Backups of the application wait for it. Look at it in the cluster. If nothing works on it any more, cancel it (cancelOperation).',
    since: '0.1',
  },
  DeletionStuck: {
    resourceType: 'Operation',
    text: 'the cluster has been deleting a resource for ten minutes and does not finish',
    whatToDo:
      'The cluster accepted the deletion of the resource and does not finish it. The condition DeletionPending of the Operation says what can be done, and what it costs.',
    since: '0.1',
  },
  TidyingNotDone: {
    resourceType: 'Operation',
    text: 'an Operation that has ended has been about to leave its cluster for an hour',
    whatToDo:
      'The resource of an Operation that has ended is to be deleted, and the cluster has kept it for an hour: read the conditions Tidied and DeletionPending of the Operation. Most often another Operation of the application is in flight that does not end; look for it in the cluster. Nothing is lost meanwhile.',
    since: '0.1',
  },
  OperationRunningTooLong: {
    resourceType: 'Operation',
    text: 'an Operation is Running beyond the deadline of its class',
    whatToDo:
      'The Operation is Running beyond the deadline of its class, which should have ended it. Make sure that a replica with the role scheduler runs.',
    since: '0.1',
  },
  BackupsWaitForRestore: {
    resourceType: 'Operation',
    text: 'backups have waited for an open Restore for longer than their class allows',
    whatToDo:
      'The Restore is open in its cluster, so backups of its application are not sent there. Look at it in the cluster. To let them go, cancel it (cancelOperation), or delete its resource there.',
    since: '0.1',
  },
  EndedOperationBlocked: {
    resourceType: 'Operation',
    text: 'an Operation that has ended is Pending again in its cluster, and blocked',
    whatToDo:
      '{detail} The operator has looked at it again. If what blocks it runs, it is over once that ends. If both are Pending, they block each other for ever, and no Backup of the application begins: delete the resource of the finished Restore in the cluster, and if its finalizer cannot be removed, the one of the Pending Backup first (cancelOperation). No copy is lost with either.',
    since: '0.1',
  },
  OperationOfFutureSlot: {
    resourceType: 'Operation',
    text: 'an Operation was made for a slot that has not come',
    whatToDo:
      'A wrong clock has fired the slot too early. The slot will not be fired again: trigger the schedule (triggerSchedule) when it comes. Check the time service of the database.',
    since: '0.1',
  },
  OperationReturned: {
    resourceType: 'Operation',
    text: 'a resource of an Operation came back under another uid and is in a cluster',
    whatToDo:
      'A restore of its namespace brought it, or somebody applied a saved manifest. A Restore is deleted by itself: if that fails, its condition Returned says why. A Backup is left, because deleting it deletes the Backup of Velero with the same name: its condition Returned says what there is to do.',
    since: '0.1',
  },
} as const satisfies FindingRows;
