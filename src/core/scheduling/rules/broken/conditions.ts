/** The condition of a schedule that cannot be fired as it is stored. A schedule that can be fired has none. */
import { z } from 'zod';
import type { HeldReason } from '../../../kernel/rules/broken/held-row.ts';
import { Condition, type ConditionRows, conditionsIn } from '../../../kernel/rules/condition.ts';
import { uncomputable } from './computable.ts';

export const scheduleConditions = {
  Ready: {
    of: 'Schedule',
    text: 'Whether the scheduler can fire the schedule as it is stored. Absent while it can.',
    since: '0.1',
    reasons: {
      Unreadable: 'A field has a value that cannot be read.',
      Undecidable: 'Its slots cannot be computed, for example because its zone is not known here.',
      Refused: 'The database refuses to write its Operation or its next slot.',
    } satisfies Record<HeldReason, string>,
  },
} as const satisfies ConditionRows;

const ready = conditionsIn(scheduleConditions);

export const conditionFields = {
  conditions: z
    .array(Condition)
    .optional()
    .describe(
      'What keeps the schedule from being fired as it is stored, with the field to change. Absent while nothing does.',
    ),
};

/** The schedule is put aside. */
interface HeldSchedule {
  readonly reason: HeldReason;
  readonly message: string;
  readonly since: string;
  readonly lookAgainAt: string;
}

interface Shown {
  readonly schedule?: string | undefined;
  readonly timeZone: string;
  readonly nextFireAt?: string | undefined;
  readonly updatedAt: string;
}

/** As the API shows it. When the next slot of a schedule cannot be computed, nobody knows when it fires. */
export function withConditions<Row extends Shown>(
  row: Row,
  held: HeldSchedule | undefined,
): Row & { readonly conditions?: Condition[] } {
  const unreadable = uncomputable(row);
  if (held === undefined && unreadable === undefined) return row;
  const { nextFireAt, ...rest } = row;
  const advice = [held?.message, unreadable?.message, held && `It is tried again at ${held.lookAgainAt}.`];
  const message = `${advice.filter((each) => each !== undefined).join(' ')} Its slots wait until then.`;
  const { reason = 'Undecidable', since = row.updatedAt } = held ?? {};
  const shown = unreadable === undefined ? row : (rest as Row);
  return { ...shown, conditions: [ready('Ready', 'False', reason, message, since)] };
}
