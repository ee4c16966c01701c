/**
 * Names of time zones: those of the tz database, its links too, in their proper case. Intl knows more (three letters such
 * as BST, of which it makes Asia/Dhaka); these are refused, because people mean something else by them.
 */
import { z } from 'zod';
import { timeZoneNames } from './time-zone-names.ts';

const properName = new Map(
  [...timeZoneNames.trim().split(/\s+/), ...Intl.supportedValuesOf('timeZone')].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);

/** The name as the tz database writes it; `undefined` when it has none, or when this runtime does not know the zone. */
export function timeZoneNamed(text: string): string | undefined {
  const name = properName.get(text.toLowerCase());
  return name !== undefined && isKnownHere(name) ? name : undefined;
}

function isKnownHere(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const description = 'The name of a time zone in the tz database (IANA).';
const example = 'Europe/Berlin';

/** Of a row or an answer. A request has `GivenTimeZone`. */
export const TimeZone = z.string().meta({ id: 'TimeZone', description, example });

/** Of a request. It comes in as the tz database writes it. */
export const GivenTimeZone = z
  .string()
  .max(64)
  .refine((text) => timeZoneNamed(text) !== undefined, {
    error: ({ input }) => `must be a time zone of the tz database (IANA): ${insteadOf(String(input))}`,
    when: ({ issues }) => issues.length === 0,
  })
  .overwrite((text) => timeZoneNamed(text) ?? text)
  .meta({
    id: 'GivenTimeZone',
    description: `${description} In any case; it is kept as the database writes it. Abbreviations such as CEST and offsets such as +02:00 are refused, but those that the database has (UTC, EST5EDT, Etc/GMT-2) are taken.`,
    example,
  });

/** What people mean by abbreviations that are no names of the tz database. */
const meant: Readonly<Record<string, string>> = {
  ACT: 'Australia/Darwin or America/Rio_Branco',
  AET: 'Australia/Sydney',
  AST: 'America/Halifax, America/Anchorage or Asia/Riyadh',
  BST: 'Europe/London or Asia/Dhaka',
  CEST: 'Europe/Berlin',
  CDT: 'America/Chicago',
  CST: 'America/Chicago, Asia/Shanghai or America/Havana',
  ECT: 'Europe/Paris or America/Guayaquil',
  EDT: 'America/New_York',
  EEST: 'Europe/Athens',
  IST: 'Asia/Kolkata, Europe/Dublin or Asia/Jerusalem',
  JST: 'Asia/Tokyo',
  KST: 'Asia/Seoul',
  MDT: 'America/Denver',
  MSK: 'Europe/Moscow',
  NST: 'America/St_Johns or Pacific/Auckland',
  PDT: 'America/Los_Angeles',
  PST: 'America/Los_Angeles or Asia/Manila',
  SGT: 'Asia/Singapore',
  SST: 'Pacific/Pago_Pago or Pacific/Guadalcanal',
  WEST: 'Europe/Lisbon',
};

function insteadOf(text: string): string {
  const name = text.trim();
  const upper = name.toUpperCase();
  if (Object.hasOwn(meant, upper)) return `for the abbreviation "${name}" write ${meant[upper]}`;
  const [, sign, hours, minutes = '00'] = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d\d))?$/.exec(upper) ?? [];
  if (sign !== undefined && minutes === '00' && Number(hours) <= 12) {
    const etc = Number(hours) === 0 ? 'Etc/UTC' : `Etc/GMT${sign === '+' ? '-' : '+'}${Number(hours)}`;
    return `for a fixed offset write ${etc} (its sign is reversed), for a place its name, such as ${example}`;
  }
  const spaced = timeZoneNamed(name.replaceAll(' ', '_'));
  if (spaced !== undefined) return `write ${spaced}`;
  const city = name.replaceAll(' ', '_').toLowerCase();
  const place = city === '' ? undefined : [...properName].find(([key]) => key.endsWith(`/${city}`))?.[1];
  return `write ${place ?? `a name such as ${example} or Etc/UTC`}`;
}
