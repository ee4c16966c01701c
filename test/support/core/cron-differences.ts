/**
 * One text against the oracles: accepted here as by croner, but for the differences that are named, and with the same
 * slots; and through the changes of a zone's clock with those of recurrence-oracle.ts.
 */
import assert from 'node:assert/strict';
import { GivenCronExpression } from '../../../src/core/time/rules/cron/cron-expression.ts';
import { nextSlot, previousSlot } from '../../../src/core/time/rules/recurrence.ts';
import { croner, slotByCronerBefore, slotsByCroner } from './croner-oracle.ts';
import { patternOf, type Stretch, slotsBetween, stretchesOf } from './recurrence-oracle.ts';

const hourMs = 3_600_000;
const names = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

/** With numbers for names. */
function inNumbers(text: string): string {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = text
    .toUpperCase()
    .trim()
    .split(/[ \t]+/);
  const number = (field: string, known: readonly string[], first: number) =>
    known.reduce((all, name, n) => all.replaceAll(name, String(n + first)), field);
  return [
    minute,
    hour,
    day,
    number(month, months, 1),
    number(
      weekday.replaceAll(/([1-7]|[A-Z]{3})-SUN/g, (range) =>
        range.startsWith('SUN') ? range : range.replace('-SUN', '-7'),
      ),
      names,
      0,
    ),
  ].join(' ');
}

/** What croner reads and this service refuses, with a text to write instead. */
function isRefusedHereOnly(text: string): boolean {
  if (text.trim().startsWith('@')) return false;
  const plain = inNumbers(text);
  if (/\d{3}/.test(text) || /(?<!L)W|#|\+/.test(plain) || /-\d+L|\/\d+L/.test(plain)) return true;
  return plain.split(' ').some((field, n) => field.split(',').some((item) => endsBeyond(item, tops[n] ?? 0)));
}

const tops = [59, 23, 31, 12, 7];

/** There the end of a range with a step is not looked at, unless a step falls on it. */
function endsBeyond(item: string, top: number): boolean {
  const [, end] = /^\d+-(\d+)\/\d+$/.exec(item) ?? [];
  return Number(end ?? 0) > top;
}

function isReadByCroner(text: string): boolean {
  try {
    croner(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether the text was accepted. Throws when the oracles differ. */
export function compared(text: string, from: string): boolean {
  const read = GivenCronExpression.safeParse(text);
  const told = `${JSON.stringify(text)} from ${from}: ${read.success ? 'accepted' : read.error.issues[0]?.message}`;
  if (isRefusedHereOnly(text)) {
    assert.ok(!read.success, told);
    return false;
  }
  // croner takes LW only alone.
  if (/LW,|,LW/i.test(text)) return read.success;
  assert.equal(read.success, isReadByCroner(text), told);
  if (!read.success) {
    assert.match(read.error.issues[0]?.message ?? '', /must be a cron expression of five fields .*: .{10,}/, told);
    return false;
  }
  // There a range from Sunday to SUN is the whole week.
  if (!/\b(SUN|00?)-SUN/i.test(text)) compareSlots(read.data, from, told);
  return true;
}

function compareSlots(expression: string, from: string, told: string): void {
  const cron = croner(expression);
  const expected = slotsByCroner(cron, from, 2);
  const found: string[] = [];
  for (let slot = nextSlot(expression, 'Etc/UTC', from); slot !== undefined && found.length < 2; ) {
    found.push(slot);
    slot = nextSlot(expression, 'Etc/UTC', slot);
  }
  assert.deepEqual(found, expected, told);
  if (expected.length === 0) return;
  const before = slotByCronerBefore(cron, from);
  assert.equal(previousSlot(expression, 'Etc/UTC', from), before, told);
}

const known = new Map<string, readonly Stretch[]>();

function stretchesAround(zone: string, at: number): readonly Stretch[] {
  const key = `${zone} ${at}`;
  const found = known.get(key) ?? stretchesOf(zone, at - 40 * 24 * hourMs, at + 40 * 24 * hourMs);
  known.set(key, found);
  return found;
}

/** Through a change of the clock, forwards and backwards. */
export function comparedAtChange(text: string, zone: string, at: number): void {
  const read = GivenCronExpression.safeParse(text);
  if (!read.success || /@|L/i.test(text.replaceAll(/JUL/gi, '7')) || /\b(SUN|00?)-SUN/i.test(text)) return;
  const expression = read.data;
  const pattern = patternOf(inNumbers(expression));
  const reach = pattern.times.length > 100 ? 2 * hourMs : 27 * hourMs;
  const stretches = stretchesAround(zone, at);
  const expected = slotsBetween(pattern, stretches, at - reach, at + reach).map((slot) => new Date(slot).toISOString());
  const found: string[] = [];
  const until = new Date(at + reach).toISOString();
  for (
    let slot = nextSlot(expression, zone, new Date(at - reach - 1).toISOString());
    slot !== undefined && slot < until;
    slot = nextSlot(expression, zone, slot)
  ) {
    found.push(slot);
  }
  const told = `${expression} in ${zone} around ${new Date(at).toISOString()}`;
  assert.deepEqual(found, expected, told);
  const backwards = expected.map((_, n) => previousSlot(expression, zone, expected[n + 1] ?? until));
  assert.deepEqual(backwards, expected, `${told}, backwards`);
}

/** Changes of clocks of many kinds: an hour and half an hour, at midnight, over a whole day, in Ramadan. */
export const changes: readonly (readonly [zone: string, at: string])[] = [
  ['Europe/Berlin', '2027-03-28T01:00:00.000Z'],
  ['Europe/Berlin', '2027-10-31T01:00:00.000Z'],
  ['America/New_York', '2027-03-14T07:00:00.000Z'],
  ['America/New_York', '2027-11-07T06:00:00.000Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00.000Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00.000Z'],
  ['America/Havana', '2026-03-08T05:00:00.000Z'],
  ['America/Havana', '2026-11-01T05:00:00.000Z'],
  ['America/Santiago', '2026-09-06T04:00:00.000Z'],
  ['Africa/Casablanca', '2026-02-15T02:00:00.000Z'],
  ['Africa/Casablanca', '2026-03-22T02:00:00.000Z'],
  ['America/Nuuk', '2026-03-29T01:00:00.000Z'],
  ['Antarctica/Troll', '2026-03-29T01:00:00.000Z'],
  ['Antarctica/Troll', '2026-10-25T01:00:00.000Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00.000Z'],
  ['Asia/Kathmandu', '2026-06-01T00:00:00.000Z'],
];
