/** A schedule that is due each full hour, for rules that decide about it. */
import { defaultRetention } from '../../../src/core/applications/rules/retention.ts';
import type { DueSchedule } from '../../../src/core/scheduling/rules/firing/due-schedule.ts';
import type { Schedule } from '../../../src/core/scheduling/rules/schedule.ts';

export const dueSchedule: DueSchedule & { readonly nextSlotAt: string } = {
  id: '01a1fc2c-56dc-776a-9702-a499873becfb',
  organizationId: '01a1fc2c-56a5-7175-aa09-f11b84433da1',
  clusterId: '01a1fc2c-56b5-7519-ac1b-2c2e74776d61',
  applicationInstanceId: '01a1fc2c-56c4-7482-a9b6-392998819805',
  name: 'hourly',
  schedule: '0 * * * *',
  timeZone: 'Etc/UTC',
  concurrencyPolicy: 'Forbid',
  missedFires: 'Latest',
  suspend: false,
  cadence: 'hourly',
  template: {},
  nextSlotAt: '2026-05-28T02:00:00.000Z',
  namespace: 'org-myteam',
  target: 'nextcloud-myteam',
  classRetention: defaultRetention,
  deliveryDeadlineSeconds: 86_400,
  defaultParameters: {},
  organizationSuspend: false,
  clusterSuspend: false,
  restoring: false,
};

const { id, organizationId, clusterId, applicationInstanceId, name, schedule, timeZone } = dueSchedule;

/** The same schedule as its row has it, before its next slot is set. */
export const hourlySchedule: Schedule = {
  ...{ id, organizationId, clusterId, applicationInstanceId, name, schedule, timeZone },
  ...{ concurrencyPolicy: 'Forbid', missedFires: 'Latest', suspend: false, cadence: 'hourly', template: {} },
  ...{ createdAt: '2026-05-28T01:00:00.000Z', updatedAt: '2026-05-28T01:00:00.000Z', revision: 1 },
};
