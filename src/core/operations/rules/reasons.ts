/** The reasons that Operations declare: of the events of an Operation, and of our own conditions on it. */
import { type ConditionRows, clip, conditionsIn } from '../../kernel/rules/condition.ts';
import { type EventRows, eventsIn, type NewEvent } from '../../kernel/rules/event.ts';
import type { Operation } from './operation.ts';

export const operationEvents = {
  Created: { type: 'Normal', text: 'A fire, a person or a program asked for it.', since: '0.1' },
  CancelRequested: { type: 'Normal', text: 'A person or a program asked to cancel it.', since: '0.1' },
  Cancelled: { type: 'Normal', text: 'It ended because it was cancelled.', since: '0.1' },
  Returned: { type: 'Warning', text: 'Its resource is in the cluster again after a cancel.', since: '0.1' },
  Contradicted: { type: 'Warning', text: 'The cluster states another end than the one recorded here.', since: '0.1' },
  ExternalDeletion: { type: 'Warning', text: 'Somebody else deleted its resource.', since: '0.1' },
  DeadlineExceeded: { type: 'Warning', text: 'The cluster did not accept it before deliverBefore.', since: '0.1' },
  PendingTimeout: { type: 'Warning', text: 'It stayed Pending longer than pendingDeadlineSeconds.', since: '0.1' },
  RunningTimeout: { type: 'Warning', text: 'It stayed Running longer than runningDeadlineSeconds.', since: '0.1' },
} as const satisfies EventRows;

/** Reasons in which a cluster or the network puts a delivery off, or refuses it. */
const deliveryFailures = {
  Unreachable: 'The cluster cannot be reached; it is tried again.',
  Throttled: 'The API server is too busy; it is tried again.',
  ServerError: 'The API server failed; it is tried again.',
  CredentialsRejected: 'The API server rejects the credentials; it is tried again.',
  ConflictingOperation: 'Another Operation of the application is open; it is tried again.',
  QuotaExceeded: 'A quota of the namespace is full; it is tried again.',
  Forbidden: 'The credentials lack a right; it is tried once more, then it fails.',
  AdmissionRejected: "The operator's webhook or a policy refuses it.",
  TargetNotFound: 'The cluster has no such application.',
  CapabilityMissing: 'The application does not allow Operations of this type and engine.',
  FieldConflict: 'Another field manager owns a field of the resource.',
  Invalid: 'The resource breaks its schema.',
  NamespaceNotFound: 'The cluster has no such namespace.',
  NamespaceTerminating: 'The namespace is being deleted.',
  CrdMissing: 'The cluster does not serve Operations.',
  CrdTerminating: 'The CRD of Operations is being deleted.',
  DeadlineExceeded: 'The cluster did not accept it before deliverBefore.',
} as const;

export const operationConditions = {
  Delivered: {
    of: 'Operation',
    text: 'The cluster has the resource. False while it is tried again, or for good. Unknown: a call had no answer.',
    since: '0.1',
    reasons: { Applied: 'The cluster has accepted the resource.', ...deliveryFailures },
  },
  Failed: {
    of: 'Operation',
    text: 'It ended without what it was for.',
    since: '0.1',
    reasons: {
      ExternalDeletion: 'Somebody else deleted the resource in the cluster.',
      PendingTimeout: 'It stayed Pending longer than pendingDeadlineSeconds.',
      RunningTimeout: 'It stayed Running longer than runningDeadlineSeconds.',
      ...deliveryFailures,
    },
  },
  Cancelled: {
    of: 'Operation',
    text: 'It ended because it was cancelled.',
    since: '0.1',
    reasons: { CancelledByUser: 'A person or a program cancelled it.' },
  },
  Degraded: {
    of: 'Operation',
    text: 'The engine could not process everything.',
    since: '0.1',
    reasons: { PartialFailure: 'The engine reported a partial failure.' },
  },
} as const satisfies ConditionRows;

export const operationCondition = conditionsIn(operationConditions);

/** What an event about the Operation is about. */
export function about(operation: Operation) {
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
  operation: Operation,
  reason: keyof typeof operationEvents,
  message: string,
  at: string,
): NewEvent {
  return made(reason, { ...about(operation), message: clip(message), at });
}
