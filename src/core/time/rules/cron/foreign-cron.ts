/**
 * Refusals of what is written elsewhere as a recurrence and is not one of five fields here: intervals of robfig/cron, a
 * zone in the text, fields for seconds or years, events, calendars of systemd. Each says what to write instead.
 */

/** Why the text is no recurrence, and what to write. `isCron` says whether a text is one. */
export function foreignCron(text: string, isCron: (text: string) => boolean): string {
  if (text === '') return 'it is empty; for daily backups at 02:00 write "0 2 * * *"';
  const zone = /^(?:CRON_)?TZ=(\S*) ?(.*)$/i.exec(text);
  if (zone !== null) return inZone(zone[1] ?? '', zone[2] ?? '', isCron);
  if (text.startsWith('@every')) return interval(text.slice('@every'.length).trim());
  if (text === '@reboot') return '@reboot is an event and no time; for daily backups write @daily';
  if (text.startsWith('@'))
    return `${text.split(' ', 1)[0]} is not known; write @hourly, @daily, @weekly, @monthly, @yearly, or five fields`;
  const fields = text.split(' ');
  if (isCron(`@${text.toLowerCase()}`)) return `write @${text.toLowerCase()}`;
  if (fields.length > 5) return tooMany(fields, isCron);
  return `it has ${fields.length === 1 ? 'one field' : `${fields.length} fields`}; for daily backups at 02:00 write "0 2 * * *"`;
}

function inZone(zone: string, rest: string, isCron: (text: string) => boolean): string {
  const expression = isCron(rest) ? ` and only "${rest}" here` : '';
  return `a zone in the text is not read; give ${zone === '' ? 'it' : `"${zone}"`} as timeZone${expression}`;
}

function tooMany(fields: readonly string[], isCron: (text: string) => boolean): string {
  const count = `it has ${fields.length} fields`;
  const withoutSeconds = fields.slice(1, 6).join(' ');
  const first = fields.slice(0, 5).join(' ');
  const year = /^(\*|\d{4}.*)$/.test(fields.at(-1) ?? '');
  const startsWithSeconds = /^(\d{1,2}|\*.*|\d+[-,/].*)$/.test(fields[0] ?? '') && isCron(withoutSeconds);
  if (fields.length === 6 && !startsWithSeconds && isCron(first)) return `${count}; write "${first}"`;
  if (fields.length <= 7 && startsWithSeconds) {
    const numbered = /[1-7]/.test(fields[5] ?? '')
      ? ' (weekdays count from 0, Sunday, here; in Quartz from 1, Sunday)'
      : '';
    const what = fields.length === 7 && year ? 'seconds and years are' : 'seconds are';
    return `${count}, and ${what} not read; write "${withoutSeconds}"${numbered}`;
  }
  return isCron(first) ? `${count}; write "${first}"` : `${count}; five are read`;
}

const unitSeconds: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };

/** `@every 6h30m`: a Go duration. */
function interval(duration: string): string {
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  const read = parts.map(([part]) => part).join('') === duration && parts.length > 0;
  const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitSeconds[unit ?? ''] ?? 0), 0);
  const minutes = seconds / 60;
  const intervals = 'intervals are not read';
  if (!read) return `${intervals}; write times, for example "0 */6 * * *" for every six hours`;
  if (minutes < 1) return `${intervals}, and the shortest time between slots is a minute; write "* * * * *"`;
  const instead = everyMinutes(minutes);
  if (instead !== undefined) return `${intervals}; write "${instead}"`;
  const near = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440, 10_080].reduce((a, b) =>
    Math.abs(b - minutes) < Math.abs(a - minutes) ? b : a,
  );
  return `${intervals}, and no times of the day are ${duration} apart; write "${everyMinutes(near)}" for every ${inUnits(near)}`;
}

/** What divides the hour, the day or is a day or a week can be written as times. */
function everyMinutes(minutes: number): string | undefined {
  if (minutes === 1) return '* * * * *';
  if (Number.isInteger(minutes) && minutes < 60 && 60 % minutes === 0) return `*/${minutes} * * * *`;
  if (minutes === 60) return '0 * * * *';
  if (minutes % 60 === 0 && minutes < 1440 && 1440 % minutes === 0) return `0 */${minutes / 60} * * *`;
  if (minutes === 1440) return '0 0 * * *';
  return minutes === 10_080 ? '0 0 * * 0' : undefined;
}

function inUnits(minutes: number): string {
  if (minutes < 60) return minutes === 1 ? 'minute' : `${minutes} minutes`;
  if (minutes === 60) return 'hour';
  return minutes < 1440 ? `${minutes / 60} hours` : minutes === 1440 ? 'day' : 'week';
}
