/** Reads the setting of an application's Operations (rules/setting.ts). */
import { own, type Reading } from '../access/call.ts';
import { ruleViolated } from '../kernel/rules/problem.ts';
import { refuseRetired } from '../kernel/rules/referrers.ts';
import type { ApplicationClassesTable, ApplicationInstancesTable, RetentionOverridesTable } from './ports.ts';
import {
  type ApplicationClass,
  type ApplicationInstance,
  namedInstance,
  type RetentionOverride,
} from './rules/application.ts';

export type SettingTables = ApplicationInstancesTable & ApplicationClassesTable & RetentionOverridesTable;

/** A `Setting` with whole rows. */
export interface KnownSetting {
  readonly instance: ApplicationInstance;
  readonly applicationClass: ApplicationClass;
  readonly override: RetentionOverride | undefined;
}

type ReadCall = Pick<Reading<SettingTables>, 'tx' | 'caller'>;

/** For the application instance in a request's body. Throws the Refusal `rule-violated` when it does not exist. */
export async function askedSetting(call: ReadCall, applicationInstanceId: string): Promise<KnownSetting> {
  const instance = await call.tx.applicationInstances.find(call.caller.organizationId, applicationInstanceId);
  if (instance !== undefined) {
    refuseRetired(namedInstance(instance), instance.retiredAt, '/applicationInstanceId');
    return settingOf(call, instance);
  }
  throw ruleViolated('/applicationInstanceId', `There is no application instance ${applicationInstanceId}.`);
}

/** For the application instance that a row refers to. */
export async function settingOf(call: ReadCall, of: string | ApplicationInstance): Promise<KnownSetting> {
  const { tx, caller } = call;
  const instance = typeof of === 'string' ? await own(tx.applicationInstances, caller, 'application instance', of) : of;
  const applicationClass = await own(tx.applicationClasses, caller, 'application class', instance.applicationClassId);
  const override = await tx.overrides.find(caller.organizationId, applicationClass.id);
  return { instance, applicationClass, override };
}
