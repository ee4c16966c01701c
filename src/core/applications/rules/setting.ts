/**
 * The setting of an application's Operations: the instance, its class, and the organization's retention override for the
 * class. All defaults of an Operation come from it.
 */
import type { Cadence } from '../../time/rules/cadence.ts';
import type { ApplicationClass, ApplicationInstance, RetentionOverride } from './application.ts';
import { type ResolvedTtl, resolveTtl } from './retention.ts';

export interface Setting {
  readonly instance: Pick<ApplicationInstance, 'id' | 'organizationId' | 'clusterId' | 'namespace' | 'name'>;
  readonly applicationClass: Pick<ApplicationClass, 'retention' | 'defaultParameters' | 'deliveryDeadlineSeconds'>;
  readonly override?: Pick<RetentionOverride, 'retention'> | undefined;
}

/** The time to live that a request or schedule gives, and the cadence that chooses the default when neither does. */
export interface AskedTtl {
  readonly cadence: Cadence | 'onDemand';
  /** In the request itself. */
  readonly request?: string | undefined;
  /** On the schedule. */
  readonly schedule?: string | undefined;
}

/** The time to live of a copy that is made in this setting, and its source. */
export function ttlIn({ applicationClass, override }: Omit<Setting, 'instance'>, asked: AskedTtl): ResolvedTtl {
  return resolveTtl({ ...asked, override: override?.retention, classRetention: applicationClass.retention });
}
