/** The recurrence of a schedule as a field: of a request, which is checked, and of what is stored. */
import { z } from 'zod';
import { longestExpression, readCron, tidyCron } from './cron.ts';

const example = '0 2 * * *';

/** Of a row or an answer. A request has `GivenCronExpression`. */
export const CronExpression = z.string().meta({
  id: 'CronExpression',
  description: 'A recurrence: five cron fields, or one of @hourly, @daily, @weekly, @monthly, @yearly.',
  example,
});

/** Of a request. It comes in with one blank between its fields, and a nickname in lower case. */
export const GivenCronExpression = z
  .string()
  .max(longestExpression)
  .refine((text) => typeof readCron(text) !== 'string', {
    error: ({ input }) => {
      const why = readCron(String(input));
      return `must be a cron expression of five fields (minute, hour, day of month, month, day of week): ${typeof why === 'string' ? why : ''}`;
    },
    when: ({ issues }) => issues.length === 0,
  })
  .overwrite((text) => (text.length > longestExpression ? text : tidyCron(text)))
  .meta({
    id: 'GivenCronExpression',
    description: [
      'Five cron fields: minute (0-59), hour (0-23), day of month (1-31), month (1-12 or JAN-DEC), day of week (0-7 or SUN-SAT; 0 and 7 are Sunday).',
      'Each is `*`, a value, a range (`1-5`), a list (`1,15`), or one of these with a step (`*/15`; `5/15` is `5-59/15`).',
      'As a day of month, `L` is the last day and `LW` the last of Monday to Friday. As a day of week, `5L` is the last Friday of the month.',
      'When day of month and day of week are both restricted, a day matches if either one does; a field with `*` restricts nothing.',
      'Or one of @hourly, @daily (@midnight), @weekly, @monthly, @yearly (@annually).',
      'At a change of the clock to a later time, a slot that the clock leaves out fires at the first instant after it, and several fire once; an expression for every hour makes nothing up.',
      'At a change to an earlier time, a slot that comes twice fires at the first pass; an expression at even distances through the hour or the day (`*`, `*/n`) fires at both.',
    ].join(' '),
    example,
  });
