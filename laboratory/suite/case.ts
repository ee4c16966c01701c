/** A case of the suite: a guarantee of the service that holds at any cluster, and the facts by which clusters differ. */
import type { Session } from './session.ts';

/** What was seen, in words that are the same each time: no names that are made up, no instants. */
export type Facts = Readonly<Record<string, string>>;

export interface Case {
  readonly guarantee: string;
  /** Throws where the guarantee does not hold. */
  run(session: Session): Promise<Facts>;
}
