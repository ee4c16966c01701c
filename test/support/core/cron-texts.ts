/** Texts as people write them where a recurrence is asked for: most are read, many are not. */
import fc from 'fast-check';

const monthNames = ['JAN', 'feb', 'Mar', 'APR', 'may', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdayNames = ['SUN', 'mon', 'Tue', 'WED', 'THU', 'FRI', 'SAT'];

interface Field {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
  readonly extras?: readonly string[];
}

const fields: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31, extras: ['L', 'LW', 'l', '15W', 'L-3'] },
  { min: 1, max: 12, names: monthNames },
  { min: 0, max: 7, names: weekdayNames, extras: ['5L', 'FRIL', '7L', '1#2', 'L', '1-5L', '+1'] },
];

const junk = ['', 'x', '~', '-', '5-', '-5', '1.5', '1--2', '*1', '1?', 'H', '!', '*/', '/5', '*/5/5', 'MONTUE'];

function itemOf({ min, max, names, extras = [] }: Field): fc.Arbitrary<string> {
  const number = fc.oneof(
    { weight: 40, arbitrary: fc.integer({ min, max }).map(String) },
    { weight: 3, arbitrary: fc.integer({ min, max }).map((value) => String(value).padStart(2, '0')) },
    { weight: 1, arbitrary: fc.integer({ min, max }).map((value) => String(value).padStart(3, '0')) },
    { weight: 1, arbitrary: fc.integer({ min: max + 1, max: 100 }).map(String) },
  );
  const value = names === undefined ? number : fc.oneof({ weight: 3, arbitrary: number }, fc.constantFrom(...names));
  const ordered = fc
    .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
    .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  const range = fc.oneof(
    { weight: 5, arbitrary: ordered },
    fc.tuple(value, value).map(([first, last]) => `${first}-${last}`),
  );
  const star = fc.constantFrom('*', '*', '*', '?');
  const step = fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 1, max: 12 }).map((by) => `/${by}`) },
    fc.constantFrom('/0', '/30', '/61', '/015', '/-2', '/07'),
  );
  const stepped = fc.tuple(fc.oneof(star, range, value), step).map(([base, by]) => base + by);
  return fc.oneof(
    { weight: 12, arbitrary: star },
    { weight: 12, arbitrary: value },
    { weight: 6, arbitrary: range },
    { weight: 6, arbitrary: stepped },
    ...(extras.length === 0 ? [] : [{ weight: 2, arbitrary: fc.constantFrom(...extras) }]),
    { weight: 1, arbitrary: fc.constantFrom(...junk) },
  );
}

const fieldTexts = fields.map((field) =>
  fc.array(itemOf(field), { minLength: 1, maxLength: 3, size: 'small' }).map((items) => items.join(',')),
);
const blank = fc.constantFrom(' ', ' ', ' ', '  ', '\t');
const elsewhere = fc.constantFrom(
  '@hourly',
  '@Daily',
  '@WEEKLY',
  '@monthly ',
  '@yearly',
  '@annually',
  '@midnight',
  '@every 6h',
  '@every 7h',
  '@reboot',
  'TZ=Europe/Berlin 0 2 * * *',
  'CRON_TZ=UTC 0 2 * * *',
  '0 0 2 * * *',
  '0 0 12 ? * MON-FRI 2027',
  'daily',
  '',
  '0 2 * *',
  '0 2 * * * root',
);

export const cronTexts: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.tuple(fc.tuple(...fieldTexts), blank).map(([texts, between]) => texts.join(between)),
  },
  elsewhere,
);
