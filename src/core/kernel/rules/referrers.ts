/**
 * What still refers to a resource that somebody wants to remove or to retire. A refusal names it with counts, and says
 * what to do.
 */
import { Refusal } from './problem.ts';

export interface Referrers {
  /** The noun in the singular, as people know it, with how many there are. */
  readonly [what: string]: number;
}

/** `3 schedules, 1 Operation`; empty when nothing refers to it. */
function countsOf(referrers: Referrers): string {
  return Object.entries(referrers)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${count === 1 ? what : plural(what)}`)
    .join(', ');
}

function plural(what: string): string {
  const [head = '', ...rest] = what.split(' that ');
  return [`${head}s`, ...rest.map((words) => words.replace(/^has /, 'have '))].join(' that ');
}

/** Throws the Refusal `in-use` while anything refers to it. `what` names the resource, `advice` says what to do. */
export function refuseWhileReferred(what: string, verb: string, referrers: Referrers, advice: string): void {
  const counts = countsOf(referrers);
  if (counts !== '') throw new Refusal('in-use', `${what} cannot be ${verb}: ${counts} refer to it. ${advice}`);
}

/** Throws the Refusal `rule-violated` for what was retired. `pointer` names the field that names it, if one does. */
export function refuseRetired(what: string, retiredAt: string | undefined, pointer?: string): void {
  if (retiredAt === undefined) return;
  const detail = `${what} was retired at ${retiredAt}. It keeps its history and takes nothing new; register it again instead.`;
  throw new Refusal('rule-violated', detail, pointer === undefined ? {} : { errors: [{ pointer, detail }] });
}
