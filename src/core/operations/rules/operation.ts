/**
 * One day-2 action on one application: the request, and the state that its cluster reports.
 *
 *   Pending ──► Running ──► Succeeded | Failed
 *      └───────────┴──────► Cancelled             (a terminal phase never changes)
 *
 *   the cluster     moves it on, through its watch or its agent, to Running and to every end (observe.ts)
 *   a delivery      ends it when the cluster refuses the resource, or no longer has it (delivery)
 *   a deadline      fails it while Pending or Running (deadlines.ts)
 *   a cancel        ends it while it is surely not in the cluster (cancel.ts)
 */

import { z } from 'zod';
import { OperationParameters } from '../../applications/rules/parameters.ts';
import { TtlSource } from '../../applications/rules/retention.ts';
import { Condition } from '../../kernel/rules/condition.ts';
import { GivenTtl, Ttl } from '../../kernel/rules/duration.ts';
import { Id, Instant, Revision } from '../../kernel/rules/fields.ts';
import { DnsLabel } from '../../kernel/rules/names.ts';
import { Engine, OperationType, RequestedEngine, RequestedType } from '../../kernel/rules/operation-type.ts';
import { EngineWord } from './engine-word.ts';
import { Waiting } from './waiting.ts';

export const Phase = z.enum(['Pending', 'Running', 'Succeeded', 'Failed', 'Cancelled']).meta({
  id: 'Phase',
  description:
    'The phase of the Operation, in the terms of its resource in the cluster. Succeeded, Failed and Cancelled are terminal: such a phase never changes. An Operation that is blocked is Pending and has the condition Blocked.',
});
export type Phase = z.infer<typeof Phase>;

export const Origin = z.enum(['schedule', 'request', 'cluster']).meta({
  id: 'Origin',
  description:
    'Who made the Operation. schedule: the fire of a schedule. request: a request to the API. cluster: somebody else, in the cluster (kubectl, Git or another tool).',
});

export const Contradiction = z
  .object({
    phase: Phase.describe('The phase that the cluster states.'),
    message: z.string().describe('The reason and the message of the cluster.'),
    at: Instant.describe('When this service first learnt of it.'),
  })
  .meta({
    id: 'Contradiction',
    description:
      'The cluster states another end than the one that is recorded here. The Operation keeps its phase. Example: it failed here at a deadline, went on in the cluster and succeeded.',
  });
export type Contradiction = z.infer<typeof Contradiction>;

export const InFlight = z
  .object({
    phase: z.enum(['Pending', 'Running']).describe('The phase that the cluster states.'),
    message: z.string().describe('The reason and the message of the cluster.'),
    since: Instant.describe('When this service first learnt of it.'),
  })
  .meta({
    id: 'InFlight',
    description:
      'The cluster states an Operation that has ended here as Pending or Running. The operator looks at Operations that have ended again, and puts one back to Pending while another one of the application is in flight; or the Operation was given up here before it ended there.',
  });
export type InFlight = z.infer<typeof InFlight>;

export const Progress = z
  .object({
    totalItems: z.int().min(0).optional().describe('How many objects Velero knows of so far.'),
    itemsDone: z.int().min(0).optional().describe('How many of them are done.'),
  })
  .meta({
    id: 'Progress',
    description: 'Progress in Kubernetes objects, as Velero counts them.',
  });
export type Progress = z.infer<typeof Progress>;

/**
 * Why a resource is to leave the cluster. What version of it may be deleted for which reason, delivery decides
 * (mayDelete).
 *
 *   Cancel     a person or a program asked for it, or a schedule replaces the Operation
 *   Withdraw   a deadline of ours has passed, and it has not started
 *   Tidy       it has ended, and what it said is recorded
 */
export const DeletionReason = z.enum(['Cancel', 'Withdraw', 'Tidy']);
export type DeletionReason = z.infer<typeof DeletionReason>;

/** The call that we still owe the cluster for this Operation: an apply, or a deletion for this reason. */
export type DeliveryAction = 'Apply' | DeletionReason;

/** Named, because generators would name it OperationParameters, which is the name of what a request has. */
const ResolvedParameters = z.record(z.string(), z.unknown()).meta({
  id: 'ResolvedParameters',
  description:
    'The parameters as they were resolved: those of the request or schedule over those of the application class, without ttl. They are of OperationParameters. With origin cluster they are whatever was applied there.',
});

export const resourceGoneAt = Instant.describe(
  "When the cluster was seen without the resource of an Operation that had ended. For a Backup that had succeeded, somebody deleted it. The operator then deletes Velero's Backup too. The data stay in the storage location, and Velero makes its Backup from them again within about a minute, unless its sync is off: look in the cluster before relying on the copy.",
);

/** The fields of its row. */
export const StoredOperation = z.object({
  id: Id,
  organizationId: Id,
  clusterId: Id,
  applicationInstanceId: Id.optional().describe(
    'Absent when somebody else made the Operation for an application that is not registered here.',
  ),
  scheduleId: Id.optional(),
  scheduledFor: Instant.optional().describe('The slot of the schedule for which the Operation was made.'),
  name: DnsLabel.describe('The name of the resource in the cluster, and of the Velero Backup or Restore.'),
  namespace: DnsLabel,
  target: DnsLabel.describe('The name of the ApplicationInstance on which it acts, in the same namespace.'),
  type: OperationType,
  engine: Engine,
  parameters: ResolvedParameters,
  ttl: Ttl.optional().describe('How long the copy is kept. Backups only.'),
  ttlSeconds: z
    .int()
    .min(1)
    .max(632_448_000)
    .optional()
    .describe(
      'How long the copy is kept, in seconds, where somebody else applied a ttl that is not in whole hours. Then `ttl` is rounded down to whole hours, at least 1h.',
    ),
  ttlSource: TtlSource.optional(),
  origin: Origin,
  requestedBy: z
    .string()
    .describe(
      'Who asked for it. For a request: the name of the API key. For a fire: schedule/<name>. With origin cluster: cluster/<field manager> of who applied it, followed by the id of the Operation of another control plane when the resource carries one.',
    ),
  onBehalfOf: z.string().optional().describe('The person whom the header X-On-Behalf-Of named.'),
  requestId: z
    .string()
    .optional()
    .describe(
      'The id of the request that asked for it: the X-Request-Id of its answer, which its log lines and the annotations of its resource have too. Absent when no request did: for the fire of a schedule, and with origin cluster.',
    ),
  phase: Phase,
  conditions: z
    .array(Condition)
    .describe("The cluster's own conditions, and those of this service. Later versions may add reasons."),
  progress: Progress.optional(),
  outputs: z
    .record(z.string(), z.unknown())
    .describe(
      'Outputs as the cluster states them, for example backupName, backupItemCount, backupSizeBytes, storageLocation.',
    ),
  warnings: z.array(z.string()).describe('Warnings of the API server and the engine, in their words.'),
  uid: z.string().optional().describe('The uid of the resource in the cluster. Absent until it is known.'),
  cancelRequestedAt: Instant.optional(),
  deliverBefore: Instant.optional().describe(
    'If the cluster has not accepted the resource by then, the Operation fails with DeadlineExceeded and is never delivered. Set from the schedule, the request or the application class. Absent with origin cluster.',
  ),
  contradiction: Contradiction.optional(),
  inFlightInCluster: InFlight.optional(),
  createdAt: Instant,
  deliveredAt: Instant.optional().describe('When the cluster accepted the resource.'),
  startedAt: Instant.optional().describe(
    'When it started, as the cluster states it. Once the Operation has ended it stands, and it is never after finishedAt.',
  ),
  finishedAt: Instant.optional().describe(
    'When it ended, as the cluster first stated it; else when this service learnt of the end. It does not follow later looks of the operator at the ended Operation.',
  ),
  expiresAt: Instant.optional().describe(
    'When the copy expires: its start plus ttl. This is an estimate: Velero deletes an expired copy up to an hour later.',
  ),
  observedAt: Instant.optional().describe('When the cluster last stated something new.'),
  resourceGoneAt: resourceGoneAt.optional(),
  resourceLeftAt: Instant.optional().describe(
    'When the resource left the cluster because the Operation had ended: this service deleted it. The condition Tidied says why. A Restore leaves some minutes after its end, a Backup once its copy is gone.',
  ),
  deletingSince: Instant.optional().describe(
    'Since when the resource is being deleted in the cluster, whoever asked for it. Absent when it is gone.',
  ),
  revision: Revision,
});

export const Operation = StoredOperation.extend({
  waiting: Waiting.optional().describe('Only in answers to GET, and only while the Operation is Pending.'),
  velero: EngineWord.optional().describe('Only in answers to GET, and only where Velero may be read.'),
}).meta({
  id: 'Operation',
  description: 'One backup or restore: the request, and the state that the cluster reports.',
});
export type Operation = z.infer<typeof Operation>;

const DeliveryDeadline = z
  .int()
  .min(60)
  .max(30 * 86_400);

export const NewOperation = z
  .strictObject({
    applicationInstanceId: Id,
    type: RequestedType,
    engine: RequestedEngine.optional().meta({ default: 'velero' }),
    name: DnsLabel.optional().describe(
      'Default: <target>-<type>-<time>-<suffix>. Unique in the cluster for ever, because a copy of that name may still be in the bucket.',
    ),
    ttl: GivenTtl.optional().describe(
      "Backups only. Default: the ttl for backups on demand of the organization's override, else of the application class, else 720h.",
    ),
    deliveryDeadlineSeconds: DeliveryDeadline.optional().describe(
      'How long it may wait for its cluster, in seconds. Default: deliveryDeadlineSeconds of the application class.',
    ),
    parameters: OperationParameters.optional().describe(
      'For a Backup they go over the defaults of the application class, key by key.',
    ),
  })
  .meta({ id: 'NewOperation', description: 'A backup or restore to make now.' });
export type NewOperation = z.infer<typeof NewOperation>;

export function isTerminal(phase: Phase): boolean {
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Cancelled';
}
