/**
 * An application as its cluster has it, no matter who created it there. The watch mirrors it (mirrored-application.ts),
 * so that it can be found, adopted, and warned about. The mirror refuses nothing, because the cluster decides.
 */

import { z } from 'zod';
import { Condition } from '../../kernel/rules/condition.ts';
import { DisplayName, Id, Instant } from '../../kernel/rules/fields.ts';

const stateFields = {
  ready: z.boolean().describe('Whether the condition Ready of the application is True.'),
  capabilities: z
    .record(z.string(), z.string())
    .describe(
      'The engine for each type of Operation that the application allows, with types in lower case: {"backup": "velero"}. It declares them by annotations ops.vworkspace.io/<type>=<engine>. The operator refuses any other Operation.',
    ),
  conditions: z
    .array(Condition)
    .describe(
      'The conditions of the ApplicationInstance, for example Ready, Reconciling, Degraded, Suspended, Blocked or Deleting.',
    ),
  seenAt: Instant.describe(
    'When the cluster last reported a change of the application. The report is current while the condition Watching of the cluster is True.',
  ),
  goneAt: Instant.optional().describe(
    'When the service found that the cluster does not have the application any more. All other fields keep their last values.',
  ),
};

export const ApplicationState = z.object(stateFields).meta({
  id: 'ApplicationState',
  description: 'The state of an application, as its cluster reports it.',
});
export type ApplicationState = z.infer<typeof ApplicationState>;

export const ClusterApplication = z
  .object({
    id: Id,
    organizationId: Id,
    clusterId: Id,
    applicationInstanceId: Id.optional().describe(
      'The application instance that is registered for it. Absent when none is.',
    ),
    namespace: z.string(),
    name: z.string().describe('The name of the ApplicationInstance resource.'),
    uid: z.string().describe('The uid of that resource.'),
    mode: z.string().optional().describe('`spec.mode` of the resource.'),
    catalogId: z.string().optional().describe('The entry of the catalog that the application was made from.'),
    chart: z.string().optional().describe('The Helm chart with its version, for example nextcloud-6.6.2.'),
    releaseName: z.string().optional().describe('The name of the Helm release.'),
    releaseNamespace: z.string().optional().describe('The namespace of the Helm release.'),
    ...stateFields,
  })
  .meta({ id: 'ClusterApplication', description: 'An ApplicationInstance that was found in a cluster.' });
export type ClusterApplication = z.infer<typeof ClusterApplication>;

export const Adoption = z
  .strictObject({
    applicationClassId: Id.optional().describe(
      'The class of the new application instance. Default: the class whose name is the catalogId of the application.',
    ),
    displayName: DisplayName.optional(),
  })
  .meta({ id: 'Adoption', description: 'How to register an application that was found in a cluster.' });
export type Adoption = z.infer<typeof Adoption>;

/** The annotation by which an application allows Operations of this type. */
export const capabilityAnnotation = (type: string) => `ops.vworkspace.io/${type.toLowerCase()}`;

export function isReady(conditions: readonly Condition[]): boolean {
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}
