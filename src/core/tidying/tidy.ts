/**
 * One round: looks at Operations that have ended, and owes a deletion for those that are to leave their cluster
 * (rules/tidy.ts). The delivery asks again before it deletes. Each activation takes no input, and may run on every replica
 * at once: rows that another one has locked are passed over.
 *
 * A round is bounded, and so is what leaves one cluster in it: history that has grown for years leaves by and by.
 */

import type { Clock, Log } from '../kernel/ports.ts';
import { withTidying } from '../operations/rules/tidied.ts';
import { shifted } from '../time/rules/slots.ts';
import type { Tidying, TidyStep } from './ports.ts';
import { decideTidy, type TidyCandidate, type TidySettings } from './rules/tidy.ts';

export interface TidyPorts {
  readonly tidying: Tidying;
  readonly tidySettings: TidySettings;
  readonly clock: Clock;
  readonly log: Log;
}

const batchSize = 500;
const leavingAtOnce = 50;
/** When it is looked at again if it has not left: the deletion may have found that it is not the time. */
const againSeconds = 300;
const waitsSeconds = 30;
const never = '9999-12-31T00:00:00.000Z';

/** Returns how many are to leave. Does nothing where it is turned off. */
export async function tidyOperations({ tidying, tidySettings, clock, log }: TidyPorts): Promise<number> {
  if (!tidySettings.enabled) return 0;
  let count = 0;
  const byCluster = new Map<string, number>();
  for (const type of ['Restore', 'Backup'] as const) {
    const now = await clock.now();
    const decide = (candidate: TidyCandidate): TidyStep => {
      const decision = decideTidy(candidate, tidySettings, now);
      if (decision.kind === 'Never') return { tidyAt: never };
      if (decision.kind === 'Later') return { tidyAt: decision.at };
      const { operation } = candidate;
      const leaving = byCluster.get(operation.clusterId) ?? 0;
      if (leaving >= leavingAtOnce) return { tidyAt: shifted(now, waitsSeconds) };
      byCluster.set(operation.clusterId, leaving + 1);
      const { reason, message } = decision;
      return { tidyAt: shifted(now, againSeconds), leaving: withTidying(operation, reason, message, now) };
    };
    const steps = await tidying.look(type, now, batchSize, decide);
    count += steps.filter(({ leaving }) => leaving !== undefined).length;
  }
  if (count > 0) log.info({ count }, 'Operations that have ended leave their clusters');
  return count;
}

/** Asked directly before a deletion. */
export async function mayLeave(
  { tidying, tidySettings, clock }: Omit<TidyPorts, 'log'>,
  operationId: string,
): Promise<boolean> {
  const candidate = await tidying.candidate(operationId);
  return candidate !== undefined && decideTidy(candidate, tidySettings, await clock.now()).kind === 'Tidy';
}
