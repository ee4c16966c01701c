/**
 * The work that follows from Velero's word by itself. Each activation takes no input, looks in the database, and may run
 * on every replica at once: rows that another one has locked are passed over.
 */

import type { Clock, Log } from '../kernel/ports.ts';
import type { VeleroRecord } from './ports.ts';
import { toldByVelero } from './rules/engine-end.ts';
import { vanishedEvent } from './rules/vanished.ts';

export interface VeleroTaskPorts {
  readonly veleroRecord: VeleroRecord;
  readonly clock: Clock;
  readonly log: Log;
}

const batchSize = 500;
/** How long the record of what is gone is kept, where it belongs to no Operation. */
const keptDays = 30;

/** Ends what Velero refused, and gives a wordless failure its words. Returns how many Operations it changed. */
export async function tellOperations({ veleroRecord, clock, log }: VeleroTaskPorts): Promise<number> {
  const now = await clock.now();
  const count = await veleroRecord.tell(now, batchSize, (operation, word) => toldByVelero(operation, word, now));
  if (count > 0) log.info({ count }, "Operations were told of Velero's ends");
  return count;
}

/** Returns how many copies it found to be gone. */
export async function confirmVanished({ veleroRecord, clock, log }: VeleroTaskPorts): Promise<number> {
  const now = await clock.now();
  const count = await veleroRecord.confirmVanished(now, batchSize, (copy, owner) => vanishedEvent(copy, owner, now));
  if (count > 0) log.info({ count }, 'Backups of Velero are gone');
  return count;
}

export async function forgetGone({ veleroRecord, clock }: VeleroTaskPorts): Promise<number> {
  return veleroRecord.forgetGone(await clock.now(), keptDays);
}
