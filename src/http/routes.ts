/** All routes of the API, in the order of the document, and the type of all ports that they need together. */
import { apiKeyRoutes } from './access/api-keys.ts';
import { organizationRoutes } from './access/organizations.ts';
import { agentEventRoutes } from './agents/agent-events.ts';
import { agentTokenRoutes } from './agents/agent-token.ts';
import { applicationClassRoutes } from './applications/application-classes.ts';
import { applicationInstanceRoutes } from './applications/application-instances.ts';
import { clusterApplicationRoutes } from './applications/cluster-applications.ts';
import { retentionOverrideRoutes } from './applications/retention-overrides.ts';
import { retireApplicationRoutes } from './applications/retire.ts';
import { clusterRoutes } from './clusters/clusters.ts';
import { retireClusterRoutes } from './clusters/retire.ts';
import { clusterSuspensionRoutes } from './clusters/suspension.ts';
import type { ServerPorts } from './kit/ports.ts';
import { operationDetailRoutes } from './operations/details.ts';
import { operationRoutes } from './operations/operations.ts';
import { protectionRoutes } from './protection/protection.ts';
import { recoveryPointRoutes } from './protection/recovery-points.ts';
import { applyProtectionPlanRoutes } from './protection-plans/apply-protection-plan.ts';
import { protectionPlanRoutes } from './protection-plans/protection-plans.ts';
import { retentionForecastRoutes } from './protection-plans/retention-forecast.ts';
import { scheduleActionRoutes } from './scheduling/actions.ts';
import { blackoutWindowRoutes } from './scheduling/blackout-windows.ts';
import { scheduleEventRoutes } from './scheduling/schedule-events.ts';
import { scheduleRoutes } from './scheduling/schedules.ts';
import { serviceRoutes } from './service.ts';
import { copyRoutes } from './velero/copies.ts';
import { watchdogRoutes } from './watchdog.ts';

export const routes = [
  serviceRoutes,
  organizationRoutes,
  apiKeyRoutes,
  applicationClassRoutes,
  retentionOverrideRoutes,
  protectionPlanRoutes,
  applyProtectionPlanRoutes,
  retentionForecastRoutes,
  applicationInstanceRoutes,
  retireApplicationRoutes,
  clusterRoutes,
  clusterApplicationRoutes,
  copyRoutes,
  clusterSuspensionRoutes,
  retireClusterRoutes,
  agentTokenRoutes,
  scheduleRoutes,
  scheduleActionRoutes,
  scheduleEventRoutes,
  blackoutWindowRoutes,
  operationRoutes,
  operationDetailRoutes,
  recoveryPointRoutes,
  protectionRoutes,
  watchdogRoutes,
  agentEventRoutes,
];

type Together<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** The ports of the server and of all routes. */
export type HttpPorts = ServerPorts & Together<Parameters<(typeof routes)[number]>[1]>;
