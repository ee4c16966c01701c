/** What an application's Operations are made with: the instance, its class, and the organization's override for the class. */
import type { Cadence } from '../../time/rules/recurrence.ts';
import type { ApplicationClass, ApplicationInstance, RetentionOverride } from './application.ts';
import { type ResolvedTtl, resolveTtl } from './retention.ts';

export interface Setting {
  readonly instance: Pick<ApplicationInstance, 'id' | 'organizationId' | 'clusterId' | 'namespace' | 'name'>;
  readonly applicationClass: Pick<ApplicationClass, 'retention' | 'defaultParameters' | 'deliveryDeadlineSeconds'>;
  readonly override?: Pick<RetentionOverride, 'retention'> | undefined;
}

/** A time to live that was asked for, and the cadence that chooses the default where none was. */
export interface AskedTtl {
  readonly cadence: Cadence | 'onDemand';
  /** In the request itself. */
  readonly request?: string | undefined;
  /** On the schedule. */
  readonly schedule?: string | undefined;
}

/** How long a copy made in this setting is kept, and who says so. */
export function ttlIn({ applicationClass, override }: Omit<Setting, 'instance'>, asked: AskedTtl): ResolvedTtl {
  return resolveTtl({ ...asked, override: override?.retention, classRetention: applicationClass.retention });
}
