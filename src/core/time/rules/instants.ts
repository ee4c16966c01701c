/**
 * Instants as text, ISO 8601 in UTC, and their bounds. What comes from outside lies in the years 1970 to 2999, so that
 * whatever is computed from it (a spread, a deadline, a time to live) still has a year of four digits. PostgreSQL and
 * the schemas of rows read no other.
 */
export const givenYears = { first: 1970, last: 2999 } as const;

const [firstGiven, lastGiven] = [Date.UTC(givenYears.first), Date.UTC(givenYears.last + 1) - 1];
/** Four digits of a year; PostgreSQL has no year 0. */
const [firstWritable, lastWritable] = [Date.parse('0001-01-01T00:00:00.000Z'), Date.UTC(10_000) - 1];
/** RFC 3339 to the nanosecond, with an offset, has 35 characters. PostgreSQL refuses texts that are much longer. */
const longestText = 40;

/** Whether a text that is an instant lies in the years that are accepted from outside. */
export function isWithinGivenYears(at: string): boolean {
  const ms = Date.parse(at);
  return ms >= firstGiven && ms <= lastGiven;
}

/** The instant that somebody else states, as it is written; `undefined` when it lies out of bounds. */
export function statedInstant(at: string): string | undefined {
  return at.length <= longestText && isWithinGivenYears(at) ? at : undefined;
}

/** The instant so many milliseconds after 1970. Beyond the years of four digits it is the last one within, or the first. */
export function instantAt(ms: number): string {
  return new Date(Math.min(lastWritable, Math.max(firstWritable, ms))).toISOString();
}
