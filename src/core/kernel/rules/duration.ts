/**
 * Times to live as Velero reads them: Go durations, whose largest unit is the hour. `30d` is no Go duration, but the
 * API server accepts it, and Velero then fails to read any Backup. So this service accepts only whole hours (`720h`).
 */
import { z } from 'zod';
import { instantAt } from '../../time/rules/instants.ts';

const maxHours = 20 * 8784;

/** 1 to `maxHours`, and no leading zero. */
const hours = String.raw`([1-9]\d{0,4}|1[0-6]\d{4}|17[0-4]\d{3}|175[0-5]\d\d|1756[0-7]\d|175680)`;
const description = `How long Velero keeps the copy, counted from its start. Whole hours as a Go duration, 1h to ${maxHours}h (20 years).`;
const example = '720h';

function notTtl(ttl: unknown): string {
  return /^\d{6,}h/.test(String(ttl))
    ? `must be at most ${maxHours}h (20 years)`
    : 'must be whole hours as a Go duration, for example 720h for 30 days (Velero does not know the unit d)';
}

/** Of a row or an answer. A request has `GivenTtl`. */
export const Ttl = z
  .string()
  .regex(new RegExp(`^${hours}h$`), { error: ({ input }) => notTtl(input) })
  .meta({ id: 'Ttl', description, example });

/** Of a request. `720h0m0s`, as Velero prints it, comes in as `720h`. */
export const GivenTtl = z
  .string()
  .regex(new RegExp(`^${hours}h(0m)?(0s)?$`), { error: ({ input }) => notTtl(input) })
  .overwrite((ttl) => ttl.replace(/h(0m)?(0s)?$/, 'h'))
  .meta({
    id: 'GivenTtl',
    description: `${description} Minutes and seconds may follow when they are 0 (720h0m0s).`,
    example,
  });
export type Ttl = z.infer<typeof Ttl>;

export function ttlHours(ttl: Ttl): number {
  return Number.parseInt(ttl, 10);
}

const hourMs = 3_600_000;

/** A time to live in whole hours, and exactly where it is none. */
export interface Kept {
  readonly ttl: Ttl;
  readonly ttlSeconds?: number | undefined;
}

/** When Velero may delete a copy that began at `at`. An estimate: Velero deletes expired copies up to an hour late. */
export function expiry(at: string, { ttl, ttlSeconds }: Kept): string {
  return instantAt(Date.parse(at) + (ttlSeconds === undefined ? ttlHours(ttl) * hourMs : ttlSeconds * 1000));
}

const units = [
  { seconds: 86_400, name: 'd' },
  { seconds: 3_600, name: 'h' },
  { seconds: 60, name: 'min' },
  { seconds: 1, name: 's' },
] as const;

/** For people, in the two largest units: `2 d 4 h`, `45 min`, `0 s`. */
export function inWords(seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds));
  const parts: string[] = [];
  for (const unit of units) {
    const count = Math.floor(rest / unit.seconds);
    rest -= count * unit.seconds;
    if (count > 0) parts.push(`${count} ${unit.name}`);
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}
