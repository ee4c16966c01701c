/**
 * HeldRows: rows that a piece of work passes over for a while, because it cannot be done for them. A hold is about one row
 * and one work. The row is looked at again with back-off, at every start of the service, and at once after a change of
 * it through the API. When the work succeeds for it, the hold ends.
 */
import { z } from 'zod';
import type { FindingRows } from '../finding.ts';

/** Unreadable: a value of the row does not fit. Undecidable: a rule fails on it. Refused: the database refuses it. */
export const HeldReason = z.enum(['Unreadable', 'Undecidable', 'Refused']);
export type HeldReason = z.infer<typeof HeldReason>;

/** The work that passes rows over. The names are stored, so they stay. */
export type HeldWork =
  | 'fire-schedules'
  | 'apply-failure-policies'
  | 'read-blackout-windows'
  | 'deliver'
  | 'apply-deadlines'
  | 'tidy-operations'
  | 'observe-operations'
  | 'mirror-applications'
  | 'record-foreign-operations'
  | 'record-velero'
  | 'judge-protection'
  | 'take-agent-events'
  | 'report-clusters';

export type HeldType = 'Schedule' | 'Operation' | 'ApplicationInstance' | 'Cluster' | 'BlackoutWindow';

/** What is held. */
export interface HeldRow {
  readonly resourceType: HeldType;
  readonly resourceId: string;
  /** Of something in the resource that has no row: its place there. */
  readonly name?: string | undefined;
}

/** The first look again comes after so many seconds, and each further one after twice as many, up to the longest. */
export const heldSeconds = { first: 10, longest: 15 * 60 } as const;
/** A hold that was not renewed for so long after its end is forgotten: its row is not worked on any more. */
export const staleHeldSeconds = 3600;

export const heldRowFindings = {
  RowHeld: {
    resourceType: 'Any',
    text: 'a row is passed over, because it cannot be worked on as it is stored',
    whatToDo:
      '{detail} Other rows go on. Change the resource through the API, or repair its row: it is then looked at again.',
    since: '0.1',
  },
} as const satisfies FindingRows;
