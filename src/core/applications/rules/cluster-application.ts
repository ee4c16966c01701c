/**
 * An application as its cluster has it, whoever put it there: mirrored from the watch, so that it can be found, adopted,
 * and warned about. Written only when something changed: a cluster that says the same again costs nothing.
 */

import { z } from 'zod';
import { Condition } from '../../kernel/rules/condition.ts';
import { DisplayName, Id, Instant } from '../../kernel/rules/fields.ts';

const told = {
  ready: z.boolean().describe('Its condition Ready is True.'),
  capabilities: z
    .record(z.string(), z.string())
    .describe(
      'The engine by type of Operation, in small letters, from its annotations ops.vworkspace.io/<type>=<engine>: {"backup": "velero"}. The operator refuses what is not among them.',
    ),
  conditions: z.array(Condition).describe('For example Ready, Reconciling, Degraded, Suspended, Blocked, Deleting.'),
  seenAt: Instant.describe(
    "When the cluster last told something new of it. What was told holds as long as the cluster's condition Watching is True.",
  ),
  goneAt: Instant.optional().describe('When it was found to be gone; the rest is as it was last.'),
};

export const ApplicationState = z.object(told).meta({
  id: 'ApplicationState',
  description: 'What the cluster says of an application.',
});
export type ApplicationState = z.infer<typeof ApplicationState>;

export const ClusterApplication = z
  .object({
    id: Id,
    organizationId: Id,
    clusterId: Id,
    applicationInstanceId: Id.optional().describe('The application instance that is registered here for it.'),
    namespace: z.string(),
    name: z.string().describe('The name of the ApplicationInstance resource.'),
    uid: z.string().describe("The resource's uid."),
    mode: z.string().optional(),
    catalogId: z.string().optional().describe('What it was made from, in the catalog.'),
    chart: z.string().optional().describe('The Helm chart with its version, for example nextcloud-6.6.2.'),
    releaseName: z.string().optional(),
    releaseNamespace: z.string().optional(),
    ...told,
  })
  .meta({ id: 'ClusterApplication', description: 'An ApplicationInstance that was found in a cluster.' });
export type ClusterApplication = z.infer<typeof ClusterApplication>;

export const Adoption = z
  .strictObject({
    applicationClassId: Id.optional().describe('Default: the class whose name is the catalogId of the application.'),
    displayName: DisplayName.optional(),
  })
  .meta({ id: 'Adoption', description: 'How an application that was found is registered.' });
export type Adoption = z.infer<typeof Adoption>;

/** The annotation by which an application allows Operations of this type. */
export const capabilityAnnotation = (type: string) => `ops.vworkspace.io/${type.toLowerCase()}`;

export function isReady(conditions: readonly Condition[]): boolean {
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}
