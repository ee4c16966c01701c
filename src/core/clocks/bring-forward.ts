/** One round over what a wrong clock has put off. It takes no input, and any replica may run it at any time. */
import type { Clock, Log } from '../kernel/ports.ts';
import type { PutOff } from './ports.ts';

export interface BringForwardPorts {
  readonly putOff: PutOff;
  readonly clock: Clock;
  readonly log: Log;
}

export async function bringForward({ putOff, clock, log }: BringForwardPorts): Promise<number> {
  const count = await putOff.bringForward(await clock.now());
  if (count > 0) log.warn({ count }, 'what a wrong clock had put off is due now');
  return count;
}
