/**
 * What the tests and manuals of other schedulers expect of a recurrence: inputs and results, each with its source. A case
 * in which we differ names the rule of ours by which, and our result.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** By which rule of ours we differ from a peer. */
const rules = {
  gap: 'a slot that the clock leaves out fires at the first instant after it',
  'overlap-once': 'a slot whose local time comes twice fires once, at the first pass',
  'overlap-wildcard': 'what runs evenly through the hour or the day follows the clock, and fires at both passes',
  'days-either': 'only a star with the step 1 restricts nothing, as in Kubernetes',
  'lists-may-repeat': 'a value may be named twice',
  'sunday-7': '7 is Sunday too',
  'weekday-numbers': 'weekdays count from Sunday, 0',
  'five-fields': 'no field has a default',
  'open-step': '5/15 is 5-59/15',
  'last-is-read': 'L is the last day of the month, LW the last of Monday to Friday, 5L the last Friday',
  'zone-case': 'names of zones are read in any case',
  'deadline-from-1': 'a deadline is at least a second',
  'ttl-as-printed': 'a ttl is read as Velero prints it',
  'peer-fault': 'the peer is wrong',
} as const;

const at = z.iso.datetime();
const Case = z.object({
  id: z.string(),
  name: z.string().optional(),
  kind: z.enum([
    'match',
    'next',
    'prev',
    'same',
    'accept',
    'zone',
    'inexpressible',
    'sync',
    'due',
    'recent',
    'newSchedule',
    'ttl',
    'ttlRefused',
    'forecast',
    'none',
  ]),
  schedule: z.string().default(''),
  zone: z.string().default('Etc/UTC'),
  at: at.optional(),
  after: at.optional(),
  before: at.optional(),
  startsAt: at.optional(),
  endsAt: at.optional(),
  ends: z.boolean().default(false),
  like: z.string().default(''),
  count: z.number().optional(),
  created: at.optional(),
  last: at.optional(),
  accounted: at.optional(),
  earliest: at.optional(),
  now: at.optional(),
  policy: z.enum(['Allow', 'Forbid', 'Replace']).default('Forbid'),
  deadline: z.number().optional(),
  active: z.boolean().default(false),
  suspend: z.boolean().default(false),
  body: z.record(z.string(), z.unknown()).default({}),
  ttl: z.string().nullable().optional(),
  start: at.optional(),
  schedules: z.array(z.object({ schedule: z.string(), ttl: z.string(), startsAt: at })).default([]),
  why: z.string().optional(),
  rule: z.enum(Object.keys(rules)).optional().describe('The rule by which we differ.'),
  expect: z.unknown().optional(),
  ours: z.unknown().optional(),
});
export type PeerCase = z.infer<typeof Case>;
const Table = z.object({ name: z.string(), peer: z.string(), source: z.string(), cases: z.array(Case) });

/** All tables, in the order of their names. */
export function peerTables(): readonly z.infer<typeof Table>[] {
  return readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => Table.parse(JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8'))));
}
