/** What happened, append-only: the history of each Operation and the source of every feed. */
import { z } from 'zod';
import { Id, Instant } from './shapes.ts';

export const EventType = z
  .enum(['Normal', 'Warning'])
  .meta({ id: 'EventType', description: 'As Kubernetes events: Warning asks for a look.' });

export const Event = z
  .object({
    id: Id,
    organizationId: Id,
    operationId: Id.optional(),
    scheduleId: Id.optional(),
    clusterId: Id.optional(),
    applicationInstanceId: Id.optional(),
    type: EventType,
    reason: z
      .string()
      .describe(
        'A CamelCase word for machines: Created, Delivered, DeliveryRetried, DeliveryRefused, Accepted, Running, Succeeded, …; of an application AtRisk, Breached, Unprotected, Protected, RecoveryPointExpiring, ApplicationReady, ApplicationNotReady, ApplicationGone, ApplicationReturned, CapabilityMissing, CapabilityDeclared; of an Operation that others made Observed; of a cluster ClusterUnreachable, ClusterReachable, CredentialsRejected, CredentialsAccepted, CredentialsExpiring, CredentialsExpired, CredentialsRenewed, OperatorNotReady, OperatorReady, WatchInterrupted, Watching.',
      ),
    message: z.string(),
    at: Instant,
  })
  .meta({ id: 'Event', description: 'Something that happened.' });
export type Event = z.infer<typeof Event>;

/** An event before it has an id: the store gives one. */
export type NewEvent = Omit<Event, 'id'>;
