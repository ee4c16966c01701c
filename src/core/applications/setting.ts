/** Reads what an application's Operations are made with. */
import { own, type Reading } from '../access/call.ts';
import { ruleViolated } from '../kernel/rules/problem.ts';
import type { ApplicationClassesTable, ApplicationInstancesTable, RetentionOverridesTable } from './ports.ts';
import type { ApplicationClass, ApplicationInstance, RetentionOverride } from './rules/application.ts';

export type SettingTables = ApplicationInstancesTable & ApplicationClassesTable & RetentionOverridesTable;

/** A `Setting`, with all that is known of each. */
export interface KnownSetting {
  readonly instance: ApplicationInstance;
  readonly applicationClass: ApplicationClass;
  readonly override: RetentionOverride | undefined;
}

type Looking = Pick<Reading<SettingTables>, 'tx' | 'caller'>;

/** Of the application instance that a body names; refused as `rule-violated` at `/applicationInstanceId` when there is none. */
export async function askedSetting(looking: Looking, applicationInstanceId: string): Promise<KnownSetting> {
  const instance = await looking.tx.applicationInstances.find(looking.caller.organizationId, applicationInstanceId);
  if (instance !== undefined) return settingOf(looking, instance);
  throw ruleViolated('/applicationInstanceId', `There is no application instance ${applicationInstanceId}.`);
}

/** Of the application instance that a row refers to. */
export async function settingOf(looking: Looking, of: string | ApplicationInstance): Promise<KnownSetting> {
  const { tx, caller } = looking;
  const instance = typeof of === 'string' ? await own(tx.applicationInstances, caller, 'application instance', of) : of;
  const applicationClass = await own(tx.applicationClasses, caller, 'application class', instance.applicationClassId);
  const override = await tx.overrides.find(caller.organizationId, applicationClass.id);
  return { instance, applicationClass, override };
}
