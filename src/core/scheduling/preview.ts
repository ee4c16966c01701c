/** Previews the fires of a schedule that exists, and of one that does not exist yet. Nothing is written. */
import { type AcceptanceTables, scheduleWarnings } from '../acceptance/accept.ts';
import { own, type Reading } from '../access/call.ts';
import { ttlIn } from '../applications/rules/setting.ts';
import { type SettingTables, settingOf } from '../applications/setting.ts';
import { inPaces } from '../kernel/pace.ts';
import { blackoutWindows } from './blackout-windows.ts';
import { type DraftTables, draftSchedule } from './draft.ts';
import { type HoldTables, holdsNow } from './holds.ts';
import type { BlackoutWindowsTable } from './ports.ts';
import { uncomputable } from './rules/broken/computable.ts';
import { type PreviewedFire, preview } from './rules/preview.ts';
import { recurrenceWarnings, retentionWarnings } from './rules/recurrence/recurrence-warnings.ts';
import type { NewSchedule } from './rules/schedule.ts';

export interface Preview {
  readonly items: PreviewedFire[];
  readonly warnings: string[];
}

export async function previewSchedule(
  call: Reading<SettingTables & AcceptanceTables & BlackoutWindowsTable & HoldTables>,
  id: string,
  count: number,
): Promise<Preview> {
  const schedule = await own(call.tx.schedules, call.caller, 'schedule', id);
  const unreadable = uncomputable(schedule);
  if (unreadable !== undefined) throw unreadable;
  const setting = await settingOf(call, schedule.applicationInstanceId);
  const warnings = schedule.suspend ? ['The schedule is suspended: nothing fires until it is resumed.'] : [];
  const windows = await blackoutWindows(call);
  const holds = await holdsNow(call, schedule);
  return {
    items: await inPaces(preview(schedule, ttlOf(setting, schedule), windows, call.now, count, holds)),
    warnings: [
      ...warnings,
      ...recurrenceWarnings(schedule, call.now),
      ...retentionWarnings(schedule, ttlOf(setting, schedule).ttl, call.now),
      ...(await scheduleWarnings(call, setting, schedule)),
      ...holds.map(({ message }) => message),
    ],
  };
}

export async function previewNewSchedule(
  call: Reading<DraftTables>,
  input: NewSchedule,
  count: number,
): Promise<Preview> {
  const { schedule, setting, windows, holds, warnings } = await draftSchedule(call, input);
  const items = await inPaces(preview(schedule, ttlOf(setting, schedule), windows, call.now, count, holds));
  return { items, warnings: [...warnings] };
}

function ttlOf(
  setting: Parameters<typeof ttlIn>[0],
  { ttl, cadence }: Pick<NewSchedule, 'ttl'> & { cadence: Parameters<typeof ttlIn>[1]['cadence'] },
) {
  return ttlIn(setting, { schedule: ttl, cadence });
}
