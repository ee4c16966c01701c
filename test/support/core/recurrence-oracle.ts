/**
 * Slots by another way, for tests: the wall clock of a zone is walked minute by minute between its changes of offset,
 * which are found by bisection. It reads cron itself and shares nothing with src/core/time, so that they cannot share a
 * mistake.
 */
const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;

/** The offset from UTC in ms that holds from `from` on, until the next. */
export interface Stretch {
  readonly from: number;
  readonly offset: number;
}

function offsetReader(timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset', year: 'numeric' });
  return (at) => {
    const text = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(text) ?? [];
    if (text !== 'GMT' && sign === undefined) throw new Error(`${timeZone} reads ${text}`);
    return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * minuteMs;
  };
}

/** All stretches of the zone that touch the span. A change that is taken back within five days would be missed. */
export function stretchesOf(timeZone: string, from: number, to: number): readonly Stretch[] {
  const offsetAt = offsetReader(timeZone);
  let last: Stretch = { from, offset: offsetAt(from) };
  const found = [last];
  for (let at = from; at < to; at += 5 * dayMs) {
    const offset = offsetAt(at + 5 * dayMs);
    if (offset === last.offset) continue;
    let before = at;
    let after = at + 5 * dayMs;
    while (after - before > minuteMs) {
      const middle = before + Math.floor((after - before) / 2 / minuteMs) * minuteMs;
      if (offsetAt(middle) === last.offset) before = middle;
      else after = middle;
    }
    last = { from: after, offset: offsetAt(after) };
    found.push(last);
  }
  return found;
}

/** Standard cron: lists of `*`, numbers, ranges, each with a step; a day matches by either day field if both restrict. */
export interface Pattern {
  /** Minutes of a day. */
  readonly times: readonly number[];
  readonly matchesDay: (wallDay: number) => boolean;
  /** Neither minutes nor hours are those of a star or of a step. */
  readonly fixed: boolean;
  readonly everyHour: boolean;
}

export function patternOf(expression: string): Pattern {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = expression.split(' ');
  const minutes = valuesOf(minute, 0, 59);
  const months = valuesOf(month, 1, 12);
  const days = valuesOf(day, 1, 31);
  const weekdays = new Set([...valuesOf(weekday, 0, 7)].map((value) => value % 7));
  const hours = valuesOf(hour, 0, 23);
  return {
    times: [...hours].flatMap((h) => [...minutes].map((m) => h * 60 + m)),
    matchesDay: (wallDay) => {
      const date = new Date(wallDay);
      const dayFits = days.has(date.getUTCDate());
      const weekdayFits = weekdays.has(date.getUTCDay());
      const either = !hasStar(day) && !hasStar(weekday);
      return months.has(date.getUTCMonth() + 1) && (either ? dayFits || weekdayFits : dayFits && weekdayFits);
    },
    fixed: !isOfStep(minutes, 60) && !isOfStep(hours, 24),
    everyHour: hours.size === 24,
  };
}

function hasStar(field: string): boolean {
  return field.split(',').some((item) => /^[*?](\/0?1)?$/.test(item));
}

/** Whether some step through `count` values, from any beginning, gives exactly these. */
function isOfStep(values: ReadonlySet<number>, count: number): boolean {
  for (let step = 1; step < count; step += 1) {
    for (let begin = 0; begin < step; begin += 1) {
      let size = 0;
      let all = true;
      for (let value = begin; value < count; value += step, size += 1) all &&= values.has(value);
      if (all && size === values.size && size > 1) return true;
    }
  }
  return false;
}

function valuesOf(field: string, lowest: number, highest: number): ReadonlySet<number> {
  const values = new Set<number>();
  for (const item of field.split(',')) {
    const [range = '', step] = item.split('/');
    const top = highest === 7 ? 6 : highest;
    const [first = '', given] = /^[*?]$/.test(range) ? [String(lowest), String(top)] : range.split('-');
    const last = given ?? (step === undefined ? first : String(Math.max(top, Number(first))));
    for (let value = Number(first); value <= Number(last); value += Number(step ?? 1)) values.add(value);
  }
  return new Set([...values].sort((a, b) => a - b));
}

/** Every slot of the span from `from` (included) to `to` (excluded), by the rule, in ascending order. */
export function slotsBetween(
  pattern: Pattern,
  stretches: readonly Stretch[],
  from: number,
  to: number,
): readonly number[] {
  const slots = new Set<number>();
  stretches.forEach((stretch, i) => {
    const end = Math.min(stretches[i + 1]?.from ?? Number.POSITIVE_INFINITY, to);
    const start = Math.max(i === 0 ? Number.NEGATIVE_INFINITY : stretch.from, from);
    const before = stretches[i - 1];
    // What the clock leaves out when this stretch begins.
    if (before !== undefined && stretch.from >= from && stretch.from < to && !pattern.everyHour) {
      const [skipped] = wallTimes(pattern, stretch.from + before.offset, stretch.from + stretch.offset);
      if (skipped !== undefined) slots.add(stretch.from);
    }
    for (const wall of wallTimes(pattern, start + stretch.offset, end + stretch.offset)) {
      const repeated = before !== undefined && wall - before.offset < stretch.from;
      if (!(pattern.fixed && repeated)) slots.add(wall - stretch.offset);
    }
  });
  return [...slots].sort((a, b) => a - b);
}

function* wallTimes({ times, matchesDay }: Pattern, from: number, to: number): Generator<number> {
  for (let wallDay = Math.floor(from / dayMs) * dayMs; wallDay < to; wallDay += dayMs) {
    if (!matchesDay(wallDay)) continue;
    for (const time of times) {
      const wall = wallDay + time * minuteMs;
      if (wall >= from && wall < to) yield wall;
    }
  }
}
