/**
 * Applications: the classes of the catalog, an organization's retention for a class, and the instances in clusters. They
 * are in one file because an instance means nothing without its class. The catalog belongs to no organization.
 */
import { z } from 'zod';
import { DisplayName, Id, Instant, Revision } from '../../kernel/rules/fields.ts';
import { DnsLabel } from '../../kernel/rules/names.ts';
import { TimeZone } from '../../time/rules/time-zone.ts';
import { ApplicationState } from './cluster-application.ts';
import { BackupParameters } from './parameters.ts';
import { GivenRetention, Retention, RetentionChange } from './retention.ts';

const RecoveryPointTarget = z
  .int()
  .min(60)
  .max(366 * 86_400)
  .describe(
    'The recovery point objective: how old the last good copy may be, in seconds, 60 to 31622400. Default: twice the period of the most frequent schedule of the application that fires. The period is the longest time between two of its slots.',
  );

const Deadline = z
  .int()
  .min(60)
  .max(30 * 86_400);
const deadlines = {
  deliveryDeadlineSeconds: Deadline.describe(
    'How long an Operation may wait for its cluster to accept it, in seconds, 60 to 2592000. A schedule or request may set its own.',
  ),
  pendingDeadlineSeconds: Deadline.describe(
    'How long an Operation may stay Pending in its cluster, in seconds, 60 to 2592000. Then it is withdrawn: its resource is deleted, unless it starts before that, and the Operation is Failed with the reason PendingTimeout once the resource is gone.',
  ),
  runningDeadlineSeconds: Deadline.describe(
    'How long an Operation may stay Running, in seconds, 60 to 2592000. Then a Backup is recorded as Failed with the reason RunningTimeout, and its resource is left, because its copy may yet come. A Restore stays Running with the condition Overdue.',
  ),
  restoreWaitSeconds: Deadline.describe(
    'How long backups may wait for a Restore of their application that is open in the cluster, in seconds, 60 to 2592000. They go on waiting after that, and the service tells it: the event BackupsWaitTooLong, a finding of the watchdog, and protection AtRisk.',
  ),
};
const optionalDeadlines = {
  deliveryDeadlineSeconds: deadlines.deliveryDeadlineSeconds.optional(),
  pendingDeadlineSeconds: deadlines.pendingDeadlineSeconds.optional(),
  runningDeadlineSeconds: deadlines.runningDeadlineSeconds.optional(),
  restoreWaitSeconds: deadlines.restoreWaitSeconds.optional(),
};
export const defaultDeadlines = {
  deliveryDeadlineSeconds: 86_400,
  pendingDeadlineSeconds: 1_800,
  runningDeadlineSeconds: 14_400,
  restoreWaitSeconds: 7_200,
} as const;
const defaultedDeadlines = {
  deliveryDeadlineSeconds: deadlines.deliveryDeadlineSeconds
    .optional()
    .meta({ default: defaultDeadlines.deliveryDeadlineSeconds }),
  pendingDeadlineSeconds: deadlines.pendingDeadlineSeconds
    .optional()
    .meta({ default: defaultDeadlines.pendingDeadlineSeconds }),
  runningDeadlineSeconds: deadlines.runningDeadlineSeconds
    .optional()
    .meta({ default: defaultDeadlines.runningDeadlineSeconds }),
  restoreWaitSeconds: deadlines.restoreWaitSeconds.optional().meta({ default: defaultDeadlines.restoreWaitSeconds }),
};

export const ApplicationClass = z
  .object({
    id: Id,
    name: DnsLabel.describe('Unique in the catalog, for example nextcloud.'),
    displayName: DisplayName.optional(),
    retention: Retention.describe(
      'Times to live of copies, by cadence. A change is not retroactive: copies keep the ttl that they were made with.',
    ),
    defaultParameters: BackupParameters.describe(
      'Default parameters of every Backup of this class. A request or schedule may override each of them.',
    ),
    recoveryPointTargetSeconds: RecoveryPointTarget.optional(),
    ...deadlines,
    createdAt: Instant,
    updatedAt: Instant,
    revision: Revision,
  })
  .meta({ id: 'ApplicationClass', description: 'A kind of application in the catalog, shared by all organizations.' });
export type ApplicationClass = z.infer<typeof ApplicationClass>;

export const SavedApplicationClass = ApplicationClass.extend({
  warnings: z
    .array(z.string())
    .describe('Which copies the change does not affect, what is no longer set, and what probably is not wanted.'),
}).meta({ id: 'SavedApplicationClass', description: 'An application class as it was saved.' });
export type SavedApplicationClass = z.infer<typeof SavedApplicationClass>;

export const NewApplicationClass = z
  .strictObject({
    name: DnsLabel,
    displayName: DisplayName.optional(),
    retention: GivenRetention.optional().describe(
      'Times to live of copies, by cadence. Default: hourly 24h, daily 720h, weekly 2016h, monthly 8760h, yearly 26352h, onDemand 720h. A cadence that is absent takes this default.',
    ),
    defaultParameters: BackupParameters.optional(),
    recoveryPointTargetSeconds: RecoveryPointTarget.optional(),
    ...defaultedDeadlines,
  })
  .meta({ id: 'NewApplicationClass', description: 'A class to add to the catalog.' });
export type NewApplicationClass = z.infer<typeof NewApplicationClass>;

export const ApplicationClassChange = z
  .strictObject({
    displayName: DisplayName.optional(),
    retention: RetentionChange.optional().describe(
      'Merged into the set that is there: an absent cadence keeps its ttl, null removes it. A change is not retroactive: copies keep the ttl that they were made with.',
    ),
    defaultParameters: BackupParameters.optional().describe(
      'Replaces the whole set; `warnings` in the answer names what is no longer set.',
    ),
    recoveryPointTargetSeconds: RecoveryPointTarget.nullable()
      .optional()
      .describe('The recovery point objective, in seconds, 60 to 31622400. null: it follows from the schedules again.'),
    ...optionalDeadlines,
  })
  .meta({ id: 'ApplicationClassChange', description: 'The fields to change. A field that is absent keeps its value.' });
export type ApplicationClassChange = z.infer<typeof ApplicationClassChange>;

export const RetentionOverride = z
  .object({
    organizationId: Id,
    applicationClassId: Id,
    retention: Retention,
    updatedAt: Instant,
    note: z.string().describe('The copies that the override affects, and times to live that leave none, for people.'),
  })
  .meta({
    id: 'RetentionOverride',
    description: "An organization's own times to live for copies of an application class, by cadence.",
  });
export type RetentionOverride = z.infer<typeof RetentionOverride>;

export const StoredApplicationInstance = z.object({
  id: Id,
  organizationId: Id,
  clusterId: Id,
  applicationClassId: Id,
  namespace: DnsLabel,
  name: DnsLabel.describe('The name of the ApplicationInstance resource in that namespace.'),
  displayName: DisplayName.optional(),
  protectionPlanId: Id.optional().describe('The protection plan that is applied to it. Absent when none is.'),
  protectionPlanTimeZone: TimeZone.optional().describe(
    "The time zone in which the plan is read for this application. Absent: the plan's own time zone.",
  ),
  retiredAt: Instant.optional().describe(
    'When it was retired. It keeps its history and its copies, takes nothing new, and its place may be registered again.',
  ),
  createdAt: Instant,
  updatedAt: Instant,
  revision: Revision,
});

export const ApplicationInstance = StoredApplicationInstance.extend({
  observed: ApplicationState.optional().describe(
    'The state of the application, as its cluster reports it. It changes without the revision. Absent when the watch has never seen the application.',
  ),
}).meta({ id: 'ApplicationInstance', description: 'An application that runs in a namespace of a cluster.' });
export type ApplicationInstance = z.infer<typeof ApplicationInstance>;

/** For messages. */
export function namedInstance({ namespace, name }: Pick<ApplicationInstance, 'namespace' | 'name'>): string {
  return `The application instance ${namespace}/${name}`;
}

export const NewApplicationInstance = z
  .strictObject({
    clusterId: Id,
    applicationClassId: Id,
    namespace: DnsLabel,
    name: DnsLabel,
    displayName: DisplayName.optional(),
  })
  .meta({ id: 'NewApplicationInstance', description: 'An application to register.' });
export type NewApplicationInstance = z.infer<typeof NewApplicationInstance>;

export const ApplicationInstanceChange = z
  .strictObject({
    applicationClassId: Id.optional(),
    displayName: DisplayName.optional(),
  })
  .meta({
    id: 'ApplicationInstanceChange',
    description:
      'The fields to change. A field that is absent keeps its value. Cluster, namespace and name identify the application: `moveApplicationInstance` changes them.',
  });
export type ApplicationInstanceChange = z.infer<typeof ApplicationInstanceChange>;

export const ApplicationMove = z
  .strictObject({
    clusterId: Id.optional(),
    namespace: DnsLabel.optional(),
    name: DnsLabel.optional(),
  })
  .meta({
    id: 'ApplicationMove',
    description: 'Where the application is from now on. A field that is absent keeps its value.',
  });
export type ApplicationMove = z.infer<typeof ApplicationMove>;
