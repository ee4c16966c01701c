/** What is accepted as a recurrence and as a time zone, what is refused, and what each refusal says to write instead. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inferCadence } from '../../src/core/time/rules/cadence.ts';
import { GivenCronExpression } from '../../src/core/time/rules/cron/cron-expression.ts';
import { GivenTimeZone, timeZoneNamed } from '../../src/core/time/rules/time-zone.ts';
import { timeZoneNames } from '../../src/core/time/rules/time-zone-names.ts';

const refusal = (text: string) => {
  const read = GivenCronExpression.safeParse(text);
  return read.success ? `accepted as ${read.data}` : (read.error.issues[0]?.message ?? '');
};

test('what people paste is read where it means one thing, and kept in one form', () => {
  for (const [text, kept] of [
    ['*/15 * * * *', '*/15 * * * *'],
    ['\t0  2 * *\t* ', '0 2 * * *'],
    ['@Daily', '@daily'],
    [' @MIDNIGHT ', '@midnight'],
    ['0/15 * * * *', '0/15 * * * *'],
    ['0 2 * * MON-FRI', '0 2 * * MON-FRI'],
    ['0 2 * jan,MAR sun', '0 2 * jan,MAR sun'],
    ['30 08 ? Jul Sun', '30 08 ? Jul Sun'],
    ['0 2 L,15 * *', '0 2 L,15 * *'],
    ['0 2 * * 5L', '0 2 * * 5L'],
    ['0 2 * * sat-sun', '0 2 * * sat-sun'],
    ['0,0 2 * * 0,7', '0,0 2 * * 0,7'],
  ] as const) {
    assert.equal(GivenCronExpression.safeParse(text).data, kept, text);
  }
});

test('a refusal names the field, its values, and what to write instead', () => {
  for (const [text, said] of [
    ['000 2 * * *', 'the minute "000" has more than two digits: write 0'],
    ['60 * * * *', 'the minute is 0 to 59, not 60'],
    ['0 24 * * *', 'the hour is 0 to 23, not 24'],
    ['0 2 32 * *', 'the day of month is 1 to 31, not 32'],
    ['0 2 * 13 *', 'the month is 1 to 12 or JAN to DEC, not 13'],
    ['0 2 * * 8', 'the day of week is 0 to 7 or SUN to SAT (0 and 7 are Sunday), not 8'],
    ['0 22-2 * * *', 'the hour "22-2" runs backwards: write 22-23,0-2'],
    ['0 22-4/2 * * *', 'the hour "22-4/2" runs backwards: write 22,0,2,4'],
    ['0 2 * * FRI-MON', 'the day of week "FRI-MON" runs backwards: write 5-6,0-1'],
    ['*/0 * * * *', 'the step of the minute "*/0" must be 1 to 60'],
    ['1,,2 * * * *', 'the minute "1,,2" has an empty item'],
    ['0 2 15W * *', 'write 15, or LW for the last day of Monday to Friday'],
    ['0 2 L-3 * *', 'write L for the last day'],
    ['0 2 * * 1#2', 'write 1L for the last one of the month'],
    ['0 2 * * L', 'write 6 for Saturdays, or 6L for the last Saturday of the month'],
    ['H 2 * * *', 'spread schedules with spreadSeconds'],
    ['@every 6h', 'write "0 */6 * * *"'],
    ['@every 1h', 'write "0 * * * *"'],
    ['@every 1m', 'intervals are not read; write "* * * * *"'],
    ['@every 30m', 'write "*/30 * * * *"'],
    ['@every 12h', 'write "0 */12 * * *"'],
    ['@every 59m', 'write "0 * * * *" for every hour'],
    ['@every 23h', 'write "0 0 * * *" for every day'],
    ['@every 200h', 'write "0 0 * * 0" for every week'],
    ['@every 61s', 'write "* * * * *" for every minute'],
    ['@every 61m', 'write "0 * * * *" for every hour'],
    ['@every 15m', 'write "*/15 * * * *"'],
    ['@every 24h', 'write "0 0 * * *"'],
    ['@every 168h', 'write "0 0 * * 0"'],
    ['@every 7h', 'no times of the day are 7h apart; write "0 */6 * * *" for every 6 hours'],
    ['@every 30s', 'write "* * * * *"'],
    ['@every Xm', 'write times'],
    ['@reboot', 'write @daily'],
    ['@fortnightly', 'write @hourly, @daily'],
    ['daily', 'write @daily'],
    ['TZ=Europe/Berlin 0 2 * * *', 'give "Europe/Berlin" as timeZone and only "0 2 * * *" here'],
    ['CRON_TZ=UTC 0 2 * * *', 'give "UTC" as timeZone'],
    ['0 0 2 * * *', 'it has 6 fields, and seconds are not read; write "0 2 * * *"'],
    ['0 0 12 ? * MON-FRI 2027', 'write "0 12 ? * MON-FRI"'],
    ['0 0 12 ? * 2-6', 'in Quartz from 1, Sunday'],
    ['0 2 * * * root', 'it has 6 fields; write "0 2 * * *"'],
    ['0 2 * *', 'it has 4 fields'],
    ['', 'it is empty'],
    ['constructor', 'it has one field'],
  ] as const) {
    const message = refusal(text);
    assert.match(message, /^must be a cron expression of five fields /, text);
    assert.ok(message.includes(said), `${text}: ${message}`);
    // What it says to write is accepted.
    const [, instead] = /write "([^"]+)"/.exec(message) ?? [];
    if (instead !== undefined) assert.equal(GivenCronExpression.safeParse(instead).success, true, instead);
  }
  assert.match(refusal(`0 2 * * ${'1,'.repeat(200)}1`), /200|Too big/);
});

test('the cadence follows from what an expression does', () => {
  const expected = {
    '@hourly': 'hourly',
    '5 * * * *': 'hourly',
    '0 */1 * * *': 'hourly',
    '0 0-23 * * *': 'hourly',
    '0 2 * * *': 'daily',
    '0 2 */1 * *': 'daily',
    '0 2 1-31 * 1': 'daily',
    '0 2 * * 0-6': 'daily',
    '0 3 * * 0': 'weekly',
    '0 3 * * SUN': 'weekly',
    '0 3 * * 0,7': 'weekly',
    '0 3 *,5 * 1': 'weekly',
    '0 4 1 * *': 'monthly',
    '0 3 1 */1 *': 'monthly',
    '0 3 1 1-12 *': 'monthly',
    '0 3 L * *': 'monthly',
    '0 3 * * 5L': 'monthly',
    '0 4 1 1 *': 'yearly',
    '0 4 29 2 *': 'yearly',
    '*/15 * * * *': 'custom',
    '0 2,14 * * *': 'custom',
    '0 2 1 * 1': 'custom',
    '0 2 * 1 *': 'custom',
    '0 2 * 1 1': 'custom',
    '0 2 1 1,7 *': 'custom',
  };
  for (const [expression, cadence] of Object.entries(expected))
    assert.equal(inferCadence(expression), cadence, expression);
});

test('a time zone is a name of the tz database, kept as the database writes it', () => {
  for (const [text, kept] of [
    ['Europe/Berlin', 'Europe/Berlin'],
    ['europe/berlin', 'Europe/Berlin'],
    ['AMERICA/new_york', 'America/New_York'],
    ['asia/calcutta', 'Asia/Calcutta'],
    ['us/pacific', 'US/Pacific'],
    ['utc', 'UTC'],
    ['EST5EDT', 'EST5EDT'],
    ['etc/gmt+3', 'Etc/GMT+3'],
    ['Japan', 'Japan'],
  ] as const) {
    assert.equal(GivenTimeZone.safeParse(text).data, kept, text);
  }
});

test('an abbreviation, an offset or a city is refused as a time zone, with the name to write', () => {
  for (const [text, said] of [
    ['BST', 'write Europe/London or Asia/Dhaka'],
    ['IST', 'write Asia/Kolkata, Europe/Dublin or Asia/Jerusalem'],
    ['CST', 'write America/Chicago, Asia/Shanghai or America/Havana'],
    ['AST', 'write America/Halifax'],
    ['CEST', 'write Europe/Berlin'],
    ['+02:00', 'write Etc/GMT-2'],
    ['UTC-5', 'write Etc/GMT+5'],
    ['Berlin', 'write Europe/Berlin'],
    ['America/New York', 'write America/New_York'],
    ['Mars/Phobos', 'write a name such as Europe/Berlin'],
    ['', 'write a name'],
  ] as const) {
    const { error } = GivenTimeZone.safeParse(text);
    assert.ok(error?.issues[0]?.message.includes(said), `${text}: ${error?.issues[0]?.message}`);
  }
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  const listed = new Set(timeZoneNames.trim().split(/\s+/));
  for (const name of letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c)))) {
    assert.equal(GivenTimeZone.safeParse(name).success, listed.has(name), name);
  }
});

test('each abbreviation names zones that exist, whose clocks show what it means', () => {
  for (const [text, ...meant] of [
    ['ACT', '+09:30', '-05:00'],
    ['AET', '+10:00'],
    ['AST', '-04:00', '-09:00', '+03:00'],
    ['BST', '+01:00', '+06:00'],
    ['CDT', '-05:00'],
    ['CEST', '+02:00'],
    ['CST', '-06:00', '+08:00', '-05:00'],
    ['ECT', '+01:00', '-05:00'],
    ['EDT', '-04:00'],
    ['EEST', '+03:00'],
    ['IST', '+05:30', '+01:00', '+02:00'],
    ['JST', '+09:00'],
    ['KST', '+09:00'],
    ['MDT', '-06:00'],
    ['MSK', '+03:00'],
    ['NST', '-03:30', '+12:00'],
    ['PDT', '-07:00'],
    ['PST', '-08:00', '+08:00'],
    ['SGT', '+08:00'],
    ['SST', '-11:00', '+11:00'],
    ['WEST', '+01:00'],
  ] as const) {
    for (const written of [text, ` ${text.toLowerCase()} `]) {
      const message = GivenTimeZone.safeParse(written).error?.issues[0]?.message ?? '';
      const [, named] = / write (.*)$/.exec(message) ?? [];
      assert.ok(message.includes(`for the abbreviation "${written.trim()}" write `), `${written}: ${message}`);
      const zones = named?.split(/, | or /) ?? [];
      assert.equal(zones.length, meant.length, message);
      for (const [index, timeZone] of zones.entries()) {
        assert.equal(timeZoneNamed(timeZone), timeZone);
        const shown = ['2026-01-15T00:00:00Z', '2026-07-15T00:00:00Z'].map((at) => offsetOf(timeZone, at));
        assert.ok(shown.includes(`GMT${meant[index]}`), `${text} is ${meant[index]}, ${timeZone} is ${shown}`);
      }
    }
  }
});

function offsetOf(timeZone: string, at: string): string | undefined {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(new Date(at));
  return parts.find(({ type }) => type === 'timeZoneName')?.value;
}

test('this runtime knows each listed zone, and lists none that is missing here', () => {
  const listed = timeZoneNames.trim().split(/\s+/);
  assert.ok(listed.length > 590, String(listed.length));
  assert.deepEqual(
    listed.filter((name) => timeZoneNamed(name) !== name),
    [],
  );
  const missing = Intl.supportedValuesOf('timeZone').filter((name) => timeZoneNamed(name) !== name);
  assert.deepEqual(missing, []);
});
