/**
 * croner as another reader of cron, for tests. It is asked in UTC, because it has rules of its own for changes of the
 * clock, and it reads less: what it does not know is written for it in another way here.
 */
import { Cron } from 'croner';

const tops = [59, 23, 31, 12, 6];

/** Throws for what it does not read. */
export function croner(expression: string): Cron {
  const fields = expression.trim().split(/[ \t]+/);
  cronOf(fields.map(withEnds));
  // A day field with a star in it is a star.
  return cronOf(fields.map(withEnds).map((field, n) => ((n === 2 || n === 4) && hasStar(field) ? '*' : field)));
}

function cronOf(fields: readonly string[]): Cron {
  return new Cron(
    fields.join(' ').replace(/^@.*/, (nickname) => nickname.toLowerCase()),
    {
      mode: '5-part',
      utcOffset: 0,
      paused: true,
    },
  );
}

/** The slots after `after`, at most `count`. */
export function slotsByCroner(cron: Cron, after: string, count: number): readonly string[] {
  const found: string[] = [];
  let slot = cron.nextRun(new Date(after));
  for (; slot !== null && found.length < count; slot = cron.nextRun(slot)) found.push(slot.toISOString());
  return found;
}

/** The last slot before `before`. */
export function slotByCronerBefore(cron: Cron, before: string): string | undefined {
  return cron.previousRuns(1, new Date(before))[0]?.toISOString();
}

function hasStar(field: string): boolean {
  return field.split(',').some((item) => /^[*?](\/0?1)?$/.test(item));
}

/** A step without an end runs to the end of its field. */
function withEnds(field: string, n: number): string {
  return field
    .split(',')
    .map((item) =>
      item.replace(/^([0-9A-Za-z]+)\/(\d+)$/, (_, first: string, step: string) => {
        const top = n === 4 && Number(first) === 7 ? 7 : tops[n];
        return `${first}-${top}/${step}`;
      }),
    )
    .join(',');
}
