/** The fields that resources share: ids, moments, revisions, names for people. */
import { z } from 'zod';
import { givenYears, isWithinGivenYears } from '../../time/rules/instants.ts';

export const Id = z
  .uuid()
  .toLowerCase()
  .meta({ id: 'Id', description: 'A UUID of version 7: ids sort by the time at which they were made.' });

/** An instant of an answer or a row. A request has `GivenInstant`. */
export const Instant = z.iso.datetime({ offset: true }).meta({
  id: 'Instant',
  description: 'A moment in time (RFC 3339), in UTC with milliseconds.',
  example: '2026-05-28T10:00:00.000Z',
});

const years = `in the years ${givenYears.first} to ${givenYears.last}`;

/** An instant of a request. It comes in as in `Instant`, whatever its offset and its digits were. */
export const GivenInstant = z.iso
  .datetime({ offset: true })
  .refine(isWithinGivenYears, `must be ${years}`)
  .overwrite((at) => (isWithinGivenYears(at) ? new Date(at).toISOString() : at))
  .meta({
    id: 'GivenInstant',
    description: `A moment in time (RFC 3339) with its offset from UTC, ${years}. It is kept to the millisecond.`,
    example: '2026-05-28T10:00:00Z',
    // OpenAPI has no bounds for a format.
    'x-minimum': `${givenYears.first}-01-01T00:00:00.000Z`,
    'x-maximum': `${givenYears.last}-12-31T23:59:59.999Z`,
  });

export const Revision = z.int().min(1).max(2_147_483_647).meta({
  id: 'Revision',
  description: 'Counts the changes of the resource, starting with 1. The ETag is this number in quotes.',
});

export const DisplayName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]*$/u, 'must not hold control characters')
  .meta({ id: 'DisplayName', description: 'A name for people, 1 to 200 characters.' });

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The keys that have a value, so that spreading them over a row changes nothing else. */
export function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
