/**
 * The rows that all subjects declare, together: the reasons of events and conditions, problems, scopes and findings. The document
 * lists them from here. Two subjects that declare the same row stop the start.
 */
import { accessProblems } from './access/rules/problems.ts';
import { accessScopes } from './access/rules/scopes.ts';
import { agentConditions, agentEvents } from './agents/rules/reasons.ts';
import { applicationEvents } from './applications/rules/reasons.ts';
import { applicationScopes } from './applications/rules/scopes.ts';
import { clockFindings } from './clocks/rules/findings.ts';
import { clusterFindings } from './clusters/rules/findings.ts';
import { clusterConditions, clusterEvents } from './clusters/rules/reasons.ts';
import { clusterScopes } from './clusters/rules/scopes.ts';
import { deliveryFindings } from './delivery/rules/findings.ts';
import { deliveryEvents } from './delivery/rules/reasons.ts';
import { heldRowFindings } from './kernel/rules/broken/held-row.ts';
import type { ConditionRows } from './kernel/rules/condition.ts';
import { type EventRows, kernelEvents } from './kernel/rules/event.ts';
import { type FindingRows, taskFindings } from './kernel/rules/finding.ts';
import { commonProblems, type ProblemRows } from './kernel/rules/problem.ts';
import { observationFindings } from './observation/rules/findings.ts';
import { observationConditions, observationEvents } from './observation/rules/reasons.ts';
import { operationFindings } from './operations/rules/findings.ts';
import { operationProblems } from './operations/rules/problems.ts';
import { operationConditions, operationEvents } from './operations/rules/reasons.ts';
import { operationScopes } from './operations/rules/scopes.ts';
import { protectionEvents } from './protection/rules/reasons.ts';
import { scheduleConditions } from './scheduling/rules/broken/conditions.ts';
import { scheduleFindings } from './scheduling/rules/findings.ts';
import { scheduleEvents } from './scheduling/rules/reasons.ts';
import { scheduleScopes } from './scheduling/rules/scopes.ts';

import { veleroConditions, veleroEvents } from './velero/rules/reasons.ts';

export const events: EventRows = together<EventRows>(
  kernelEvents,
  clusterEvents,
  applicationEvents,
  operationEvents,
  veleroEvents,
  scheduleEvents,
  protectionEvents,
  deliveryEvents,
  observationEvents,
  agentEvents,
);

export const conditions: ConditionRows = together<ConditionRows>(
  clusterConditions,
  operationConditions,
  observationConditions,
  veleroConditions,
  agentConditions,
  scheduleConditions,
);

export const findings: FindingRows = together<FindingRows>(
  clusterFindings,
  scheduleFindings,
  operationFindings,
  deliveryFindings,
  observationFindings,
  taskFindings,
  clockFindings,
  heldRowFindings,
);

export const problems: ProblemRows = together<ProblemRows>(commonProblems, accessProblems, operationProblems);

export const scopes = [
  ...accessScopes,
  ...applicationScopes,
  ...clusterScopes,
  ...operationScopes,
  ...scheduleScopes,
] as const;
export type Scope = (typeof scopes)[number];

/** One table out of several. Throws when two have the same row. */
export function together<Rows extends object>(...parts: readonly Rows[]): Rows {
  const keys = parts.flatMap((part) => Object.keys(part));
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw new Error(`Two subjects declare ${twice}.`);
  return Object.assign({}, ...parts);
}
