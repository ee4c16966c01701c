/**
 * One day-2 action on one application: what was asked for, and what the cluster says has become of it.
 *
 *   Pending ──► Running ──► Succeeded | Failed
 *      └───────────┴──────► Cancelled             (a terminal phase never changes)
 *
 * Pending → Running and the ends are told by the cluster (ingest); Pending → Failed also by a refused delivery or its
 * deadline, Pending and Running → Failed by the class's deadlines, and Pending → Cancelled by a cancel that came before
 * the delivery.
 */

import { z } from 'zod';
import { OperationParameters } from '../../applications/rules/parameters.ts';
import { TtlSource } from '../../applications/rules/retention.ts';
import { Condition } from '../../kernel/rules/condition.ts';
import { Ttl } from '../../kernel/rules/duration.ts';
import { Id, Instant, Revision } from '../../kernel/rules/fields.ts';
import { DnsLabel } from '../../kernel/rules/names.ts';
import { Engine, OperationType, RequestedEngine, RequestedType } from '../../kernel/rules/operation-type.ts';

export const Phase = z.enum(['Pending', 'Running', 'Succeeded', 'Failed', 'Cancelled']).meta({
  id: 'Phase',
  description:
    "The Operation's phase, as the cluster's resource has it. Blocked is Pending with the condition Blocked.",
});
export type Phase = z.infer<typeof Phase>;

export const Origin = z.enum(['schedule', 'request', 'cluster']).meta({
  id: 'Origin',
  description:
    'What made it: the fire of a schedule, a request to the API, or somebody else in the cluster (kubectl, Git, another tool).',
});

/** A cluster that says something else than what is recorded: the record stays, and this is kept beside it. */
export const Contradiction = z
  .object({
    phase: Phase.describe('What the cluster says.'),
    message: z.string(),
    at: Instant.describe('When it was first told.'),
  })
  .meta({
    id: 'Contradiction',
    description:
      'The cluster says otherwise, after the Operation had ended here: for example it went on after our deadline and succeeded.',
  });
export type Contradiction = z.infer<typeof Contradiction>;

export const Progress = z
  .object({
    totalItems: z.int().min(0).optional(),
    itemsDone: z.int().min(0).optional(),
  })
  .meta({
    id: 'Progress',
    description: 'Kubernetes objects, as Velero counts them: how many are done of how many that it knows of.',
  });
export type Progress = z.infer<typeof Progress>;

/** What we still owe the cluster for this Operation. */
export const DeliveryAction = z.enum(['Apply', 'Delete']);
export type DeliveryAction = z.infer<typeof DeliveryAction>;

export const Operation = z
  .object({
    id: Id,
    organizationId: Id,
    clusterId: Id,
    applicationInstanceId: Id.optional().describe(
      'Absent when somebody else made it for an application that is not registered here.',
    ),
    scheduleId: Id.optional(),
    scheduledFor: Instant.optional().describe('The slot of the schedule that this Operation is the fire of.'),
    name: DnsLabel.describe("The resource's name in the cluster, and the Velero Backup's or Restore's."),
    namespace: DnsLabel,
    target: DnsLabel.describe('The ApplicationInstance that it acts on, in the same namespace.'),
    type: OperationType,
    engine: Engine,
    parameters: z
      .record(z.string(), z.unknown())
      .describe(
        'As they were resolved: the request or schedule over the application class, without ttl. Those of OperationParameters; with origin cluster whatever was applied there.',
      ),
    ttl: Ttl.optional().describe('Backups only.'),
    ttlSource: TtlSource.optional(),
    origin: Origin,
    requestedBy: z
      .string()
      .describe(
        'The name of the API key, schedule/<name> for a fire, or cluster/<field manager> of who applied it there; with the id of an Operation of another control plane where it carries one.',
      ),
    onBehalfOf: z.string().optional().describe('The person that X-On-Behalf-Of named.'),
    phase: Phase,
    conditions: z.array(Condition).describe("The cluster's own, and those of this service. Lists of reasons grow."),
    progress: Progress.optional(),
    outputs: z
      .record(z.string(), z.unknown())
      .describe(
        'As the cluster gives them, for example backupName, backupItemCount, backupSizeBytes, storageLocation.',
      ),
    warnings: z.array(z.string()).describe('What the API server and the engine warned about, in their words.'),
    uid: z.string().optional().describe("The resource's uid in the cluster, once it is known."),
    cancelRequestedAt: Instant.optional(),
    deliverBefore: Instant.optional().describe(
      'What the cluster has not accepted by then fails with DeadlineExceeded and is never delivered. From the schedule, the request or the application class; absent with origin cluster.',
    ),
    contradiction: Contradiction.optional(),
    createdAt: Instant,
    deliveredAt: Instant.optional().describe('When the cluster accepted the resource.'),
    startedAt: Instant.optional().describe('As the cluster tells it.'),
    finishedAt: Instant.optional().describe('As the cluster tells it, else when this service learnt of the end.'),
    expiresAt: Instant.optional().describe(
      'When the copy expires: its start plus ttl. An estimate; Velero collects up to an hour late.',
    ),
    observedAt: Instant.optional().describe('When the cluster last told something new.'),
    revision: Revision,
  })
  .meta({ id: 'Operation', description: 'One backup or restore: what was asked for and what the cluster says of it.' });
export type Operation = z.infer<typeof Operation>;

export const DeliveryDeadline = z
  .int()
  .min(60)
  .max(30 * 86_400);

export const NewOperation = z
  .strictObject({
    applicationInstanceId: Id,
    type: RequestedType,
    engine: RequestedEngine.optional().describe('Default velero.'),
    name: DnsLabel.optional().describe(
      'Default: <target>-<type>-<time>-<suffix>. Unique in the cluster, for good: a copy of that name may be in the bucket.',
    ),
    ttl: Ttl.optional().describe("Backups only. Default: the organization's or the class's for backups on demand."),
    deliveryDeadlineSeconds: DeliveryDeadline.optional().describe(
      "How long it may wait for its cluster, in seconds. Default: the application class's deliveryDeadlineSeconds.",
    ),
    parameters: OperationParameters.optional().describe(
      "A Backup's go over the application class's defaults, key by key.",
    ),
  })
  .meta({ id: 'NewOperation', description: 'A backup or restore that is wanted now.' });
export type NewOperation = z.infer<typeof NewOperation>;

export function isTerminal(phase: Phase): boolean {
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Cancelled';
}
