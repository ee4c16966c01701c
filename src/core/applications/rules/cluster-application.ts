/**
 * An application as its cluster has it, whoever put it there: mirrored from the watch, so that it can be found, adopted,
 * and warned about. Written only when something changed: a cluster that says the same again costs nothing.
 */

import { z } from 'zod';
import { Condition, clip } from '../../kernel/rules/condition.ts';
import type { NewEvent } from '../../kernel/rules/event.ts';
import { DisplayName, Id, Instant } from '../../kernel/rules/fields.ts';
import { DnsLabel, DnsSubdomain } from '../../kernel/rules/names.ts';
import { OperationType } from '../../kernel/rules/operation-type.ts';
import type { ObservedApplication } from './observed-application.ts';
import { applicationEvent, type applicationEvents } from './reasons.ts';

const told = {
  ready: z.boolean().describe('Its condition Ready is True.'),
  capabilities: z
    .record(z.string(), z.string())
    .describe(
      'The engine by type of Operation, in small letters, from its annotations ops.vworkspace.io/<type>=<engine>: {"backup": "velero"}. The operator refuses what is not among them.',
    ),
  conditions: z.array(Condition).describe('For example Ready, Reconciling, Degraded, Suspended, Blocked, Deleting.'),
  seenAt: Instant.describe(
    "When the cluster last told something new of it. What was told holds as long as the cluster's condition Watching is True.",
  ),
  goneAt: Instant.optional().describe('When it was found to be gone; the rest is as it was last.'),
};

export const ApplicationState = z.object(told).meta({
  id: 'ApplicationState',
  description: 'What the cluster says of an application.',
});
export type ApplicationState = z.infer<typeof ApplicationState>;

export const ClusterApplication = z
  .object({
    id: Id,
    organizationId: Id,
    clusterId: Id,
    applicationInstanceId: Id.optional().describe('The application instance that is registered here for it.'),
    namespace: z.string(),
    name: z.string().describe('The name of the ApplicationInstance resource.'),
    uid: z.string().describe("The resource's uid."),
    mode: z.string().optional(),
    catalogId: z.string().optional().describe('What it was made from, in the catalog.'),
    chart: z.string().optional().describe('The Helm chart with its version, for example nextcloud-6.6.2.'),
    releaseName: z.string().optional(),
    releaseNamespace: z.string().optional(),
    ...told,
  })
  .meta({ id: 'ClusterApplication', description: 'An ApplicationInstance that was found in a cluster.' });
export type ClusterApplication = z.infer<typeof ClusterApplication>;

export const Adoption = z
  .strictObject({
    applicationClassId: Id.optional().describe('Default: the class whose name is the catalogId of the application.'),
    displayName: DisplayName.optional(),
  })
  .meta({ id: 'Adoption', description: 'How an application that was found is registered.' });
export type Adoption = z.infer<typeof Adoption>;

/** What is kept of it. */
export type Mirrored = Omit<ClusterApplication, 'applicationInstanceId' | 'ready'>;

/** The annotation by which an application allows Operations of this type. */
export const capabilityAnnotation = (type: string) => `ops.vworkspace.io/${type.toLowerCase()}`;
const EngineName = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,62}$/);
const Place = z.object({ namespace: DnsLabel, name: DnsSubdomain, uid: z.string().regex(/^[\x21-\x7e]{1,128}$/) });
const maxConditionCount = 50;

export function isReady(conditions: readonly Condition[]): boolean {
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** The application after an observation; `undefined` when that changes nothing, or is of no use. */
export function mirrored(
  known: Mirrored | undefined,
  seen: ObservedApplication,
  made: Pick<Mirrored, 'id' | 'organizationId' | 'clusterId'>,
  now: string,
): Mirrored | undefined {
  if (seen.deleted) return known?.uid === seen.uid ? withoutIt(known, now) : undefined;
  const { data: place } = Place.safeParse(seen);
  if (place === undefined) return undefined;
  const { id, organizationId, clusterId } = known ?? made;
  const text = {
    mode: words(seen.mode),
    catalogId: words(seen.catalogId),
    chart: chartOf(seen),
    releaseName: words(seen.release?.name),
    releaseNamespace: words(seen.release?.namespace),
  };
  const next: Mirrored = {
    ...{ id, organizationId, clusterId },
    ...place,
    ...Object.fromEntries(Object.entries(text).filter(([, value]) => value !== undefined)),
    capabilities: capabilitiesOf(seen),
    conditions: conditionsOf(seen, known?.conditions ?? [], now),
    seenAt: now,
  };
  return known !== undefined && content(known) === content(next) ? undefined : next;
}

/** `undefined` when it is known to be gone already. */
export function withoutIt(known: Mirrored, now: string): Mirrored | undefined {
  return known.goneAt === undefined ? { ...known, goneAt: now } : undefined;
}

function words(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : clip(text, 253);
}

function chartOf({ chart }: ObservedApplication): string | undefined {
  if (chart === undefined) return undefined;
  const version = 'version' in chart ? chart.version : undefined;
  return words([chart.name, version].filter((part) => part !== undefined).join('-'));
}

function capabilitiesOf({ annotations }: ObservedApplication): Record<string, string> {
  const declared = OperationType.options.flatMap((type): [string, string][] => {
    const { data: engine } = EngineName.safeParse(annotations[capabilityAnnotation(type)]);
    return engine === undefined ? [] : [[type.toLowerCase(), engine]];
  });
  return Object.fromEntries(declared);
}

/** One a type, the last that is told. A cluster that tells no time keeps the one that is known. */
function conditionsOf(seen: ObservedApplication, known: readonly Condition[], now: string): Condition[] {
  const byType = new Map<string, Condition>();
  for (const each of seen.conditions.slice(0, maxConditionCount)) {
    if (each === undefined) continue;
    const { status, reason = '', message = '', observedGeneration } = each;
    const type = clip(each.type, 316);
    const before = known.find((condition) => condition.type === type && condition.status === status);
    byType.set(type, {
      ...{ type, status, reason: clip(reason), message: clip(message) },
      lastTransitionTime: each.lastTransitionTime ?? before?.lastTransitionTime ?? now,
      ...(observedGeneration !== undefined && { observedGeneration }),
    });
  }
  return [...byType.values()];
}

/** The same text for the same content: a database keeps no order of keys. */
function content({ seenAt: _, ...application }: Mirrored): string {
  return JSON.stringify(application, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** What is told of a registered application whose readiness, capabilities or presence changed. */
export function applicationNews(
  before: Mirrored | undefined,
  after: Mirrored,
  applicationInstanceId: string,
  now: string,
): readonly NewEvent[] {
  const { organizationId, clusterId, namespace, name } = after;
  const place = `${namespace}/${name}`;
  const about = { organizationId, clusterId, applicationInstanceId, at: now };
  const event = (reason: keyof typeof applicationEvents, message: string) =>
    applicationEvent(reason, { ...about, message: clip(message) });
  if (after.goneAt !== undefined)
    return [event('ApplicationGone', `The cluster has no ApplicationInstance ${place} any more.`)];
  const events: NewEvent[] = [];
  if (before?.goneAt !== undefined)
    events.push(event('ApplicationReturned', `The ApplicationInstance ${place} is in the cluster again.`));
  const said = after.conditions.find(({ type }) => type === 'Ready');
  const ready = isReady(after.conditions);
  // At first sight only what is stated: one that is just being made tells nothing yet.
  const was = before === undefined ? ready || said?.status === 'False' : isReady(before.conditions);
  if (ready && !was) events.push(event('ApplicationReady', `${place} is ready.`));
  if (!ready && was) {
    const why = said === undefined ? 'it tells no condition Ready' : `${said.reason}: ${said.message}`;
    events.push(event('ApplicationNotReady', `${place} is not ready: ${why}`));
  }
  for (const type of OperationType.options) {
    const key = type.toLowerCase();
    const engine = after.capabilities[key];
    const known = before?.capabilities[key];
    const expected = before === undefined ? type === 'Backup' : known !== undefined;
    if (engine === undefined && expected) {
      const message = `${place} does not carry the annotation ${capabilityAnnotation(type)}: the operator refuses a ${type} of it.`;
      events.push(event('CapabilityMissing', message));
    }
    if (before !== undefined && engine !== undefined && engine !== known)
      events.push(event('CapabilityDeclared', `${place} now allows ${type} by ${engine}.`));
  }
  return events;
}
