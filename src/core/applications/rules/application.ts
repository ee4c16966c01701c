/** Applications: the classes of the catalog with their defaults, and the instances in clusters. */
import { z } from 'zod';
import { DisplayName, Id, Instant, Revision } from '../../kernel/rules/fields.ts';
import { DnsLabel } from '../../kernel/rules/names.ts';
import { TimeZone } from '../../time/rules/recurrence.ts';
import { ApplicationState } from './cluster-application.ts';
import { BackupParameters } from './parameters.ts';
import { Retention } from './retention.ts';

const RecoveryPointTarget = z
  .int()
  .min(60)
  .max(366 * 86_400)
  .describe(
    'How old the last good copy may be, in seconds (the recovery point objective): 60 to 31622400. Where none is set it is twice the period of the most frequent schedule of the application that fires, measured by the longest wait between two of its slots.',
  );

const Deadline = z
  .int()
  .min(60)
  .max(30 * 86_400);
const deadlines = {
  deliveryDeadlineSeconds: Deadline.describe(
    'How long an Operation may wait for its cluster to accept it, in seconds, unless its schedule or request says otherwise. Default 86400 (a day).',
  ),
  pendingDeadlineSeconds: Deadline.describe(
    'How long an Operation may stay Pending in its cluster, in seconds; then it fails here with PendingTimeout. Default 1800.',
  ),
  runningDeadlineSeconds: Deadline.describe(
    'How long an Operation may stay Running, in seconds; then it fails here with RunningTimeout. Default 14400 (four hours).',
  ),
};
const optionalDeadlines = {
  deliveryDeadlineSeconds: deadlines.deliveryDeadlineSeconds.optional(),
  pendingDeadlineSeconds: deadlines.pendingDeadlineSeconds.optional(),
  runningDeadlineSeconds: deadlines.runningDeadlineSeconds.optional(),
};
export const defaultDeadlines = {
  deliveryDeadlineSeconds: 86_400,
  pendingDeadlineSeconds: 1_800,
  runningDeadlineSeconds: 14_400,
} as const;

export const ApplicationClass = z
  .object({
    id: Id,
    name: DnsLabel.describe('Unique, for example nextcloud.'),
    displayName: DisplayName.optional(),
    retention: Retention.describe(
      'Default time to live by cadence. A change is not retroactive: copies keep the ttl that they were made with.',
    ),
    defaultParameters: BackupParameters.describe(
      'Parameters of each backup of this class, unless the request or schedule says otherwise.',
    ),
    recoveryPointTargetSeconds: RecoveryPointTarget.optional(),
    ...deadlines,
    createdAt: Instant,
    updatedAt: Instant,
    revision: Revision,
  })
  .meta({ id: 'ApplicationClass', description: 'A kind of application in the catalog, shared by all organizations.' });
export type ApplicationClass = z.infer<typeof ApplicationClass>;

export const NewApplicationClass = z
  .strictObject({
    name: DnsLabel,
    displayName: DisplayName.optional(),
    retention: Retention.optional().describe(
      'Default: hourly 24h, daily 720h, weekly 2016h, monthly 8760h, onDemand 720h. What is absent takes these.',
    ),
    defaultParameters: BackupParameters.optional(),
    recoveryPointTargetSeconds: RecoveryPointTarget.optional(),
    ...optionalDeadlines,
  })
  .meta({ id: 'NewApplicationClass', description: 'A class to add to the catalog.' });
export type NewApplicationClass = z.infer<typeof NewApplicationClass>;

export const ApplicationClassChange = z
  .strictObject({
    displayName: DisplayName.optional(),
    retention: Retention.optional().describe('Replaces the whole set. Not retroactive.'),
    defaultParameters: BackupParameters.optional().describe('Replaces the whole set.'),
    recoveryPointTargetSeconds: RecoveryPointTarget.nullable()
      .optional()
      .describe('In seconds, 60 to 31622400. null: back to what follows from the schedules.'),
    ...optionalDeadlines,
  })
  .meta({ id: 'ApplicationClassChange', description: 'What to change; what is absent stays.' });
export type ApplicationClassChange = z.infer<typeof ApplicationClassChange>;

export const RetentionOverride = z
  .object({
    organizationId: Id,
    applicationClassId: Id,
    retention: Retention,
    updatedAt: Instant,
    note: z.string().describe('What the change does and does not affect.'),
  })
  .meta({ id: 'RetentionOverride', description: "An organization's own time to live for a class, by cadence." });
export type RetentionOverride = z.infer<typeof RetentionOverride>;

export const StoredApplicationInstance = z.object({
  id: Id,
  organizationId: Id,
  clusterId: Id,
  applicationClassId: Id,
  namespace: DnsLabel,
  name: DnsLabel.describe('The name of the ApplicationInstance resource in that namespace.'),
  displayName: DisplayName.optional(),
  protectionPlanId: Id.optional().describe('The protection plan that is applied to it.'),
  protectionPlanTimeZone: TimeZone.optional().describe("Where it is read, when not in the plan's own time zone."),
  createdAt: Instant,
  updatedAt: Instant,
  revision: Revision,
});

export const ApplicationInstance = StoredApplicationInstance.extend({
  observed: ApplicationState.optional().describe(
    'What its cluster says of it; it changes without the revision. Absent when it was never seen there.',
  ),
}).meta({ id: 'ApplicationInstance', description: 'An application that runs in a namespace of a cluster.' });
export type ApplicationInstance = z.infer<typeof ApplicationInstance>;

export const NewApplicationInstance = z
  .strictObject({
    clusterId: Id,
    applicationClassId: Id,
    namespace: DnsLabel,
    name: DnsLabel,
    displayName: DisplayName.optional(),
  })
  .meta({ id: 'NewApplicationInstance', description: 'An application to record.' });
export type NewApplicationInstance = z.infer<typeof NewApplicationInstance>;

export const ApplicationInstanceChange = z
  .strictObject({
    applicationClassId: Id.optional(),
    displayName: DisplayName.optional(),
  })
  .meta({
    id: 'ApplicationInstanceChange',
    description: 'What to change; what is absent stays. Cluster, namespace and name are what it is, and do not change.',
  });
export type ApplicationInstanceChange = z.infer<typeof ApplicationInstanceChange>;
