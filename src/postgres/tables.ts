/** The tables of all subjects, over one transaction or over the database itself. */

import type { QuotaLimits } from '../core/access/rules/quotas.ts';
import { quotasTable } from './access/quotas.ts';
import { accessTables } from './access/tables.ts';
import { agentTables } from './agents/tables.ts';
import { applicationTables } from './applications/tables.ts';
import { clusterTables } from './clusters/tables.ts';
import { eventTables } from './kit/events.ts';
import type { Sealer } from './kit/seal.ts';
import type { Sql } from './kit/sql.ts';
import { foreignOperationTables } from './observation/tables.ts';
import { operationTables } from './operations/tables.ts';
import { protectionPlanTables } from './protection-plans/tables.ts';
import { schedulingTables } from './scheduling/tables.ts';

export function tablesOf(client: Sql, sealer: Sealer, quotas: QuotaLimits) {
  return {
    ...accessTables(client, sealer),
    ...quotasTable(client, quotas),
    ...clusterTables(client, sealer),
    ...applicationTables(client),
    ...operationTables(client),
    ...schedulingTables(client),
    ...protectionPlanTables(client),
    ...foreignOperationTables(client),
    ...agentTables(client),
    ...eventTables(client),
  };
}

export type Tables = ReturnType<typeof tablesOf>;
