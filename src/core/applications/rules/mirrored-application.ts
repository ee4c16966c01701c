/**
 * The mirror's rule: an application after an observation of its resource. It is written only when something changed, so
 * a cluster that states the same again costs no write.
 */

import { z } from 'zod';
import { type Condition, clip } from '../../kernel/rules/condition.ts';
import { sameJson } from '../../kernel/rules/json/same-json.ts';
import { DnsLabel, DnsSubdomain } from '../../kernel/rules/names.ts';
import { OperationType } from '../../kernel/rules/operation-type.ts';
import { ClusterApplication, capabilityAnnotation } from './cluster-application.ts';
import type { ObservedApplication } from './observed-application.ts';

/** The row of an application in the mirror. */
export const Mirrored = ClusterApplication.omit({ applicationInstanceId: true, ready: true });
export type Mirrored = z.infer<typeof Mirrored>;

const EngineName = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,62}$/);
const Place = z.object({ namespace: DnsLabel, name: DnsSubdomain, uid: z.string().regex(/^[\x21-\x7e]{1,128}$/) });
const maxConditionCount = 50;

/** The row after an observation; `undefined` when nothing changes, or the resource has a name that no row can hold. */
export function mirrored(
  known: Mirrored | undefined,
  seen: ObservedApplication,
  made: Pick<Mirrored, 'id' | 'organizationId' | 'clusterId'>,
  now: string,
): Mirrored | undefined {
  if (seen.deleted) return known?.uid === seen.uid ? markedGone(known, now) : undefined;
  const { data: place } = Place.safeParse(seen);
  if (place === undefined) return undefined;
  const { id, organizationId, clusterId } = known ?? made;
  const text = {
    mode: shortText(seen.mode),
    catalogId: shortText(seen.catalogId),
    chart: chartOf(seen),
    releaseName: shortText(seen.release?.name),
    releaseNamespace: shortText(seen.release?.namespace),
  };
  const next: Mirrored = {
    ...{ id, organizationId, clusterId },
    ...place,
    ...Object.fromEntries(Object.entries(text).filter(([, value]) => value !== undefined)),
    capabilities: capabilitiesOf(seen),
    conditions: conditionsOf(seen, known?.conditions ?? [], now),
    seenAt: now,
  };
  return known !== undefined && isUnchanged(known, next) ? undefined : next;
}

/** The row once the application is gone; `undefined` when it was gone already. */
export function markedGone(known: Mirrored, now: string): Mirrored | undefined {
  return known.goneAt === undefined ? { ...known, goneAt: now } : undefined;
}

function shortText(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : clip(text, 253);
}

function chartOf({ chart }: ObservedApplication): string | undefined {
  if (chart === undefined) return undefined;
  const version = 'version' in chart ? chart.version : undefined;
  return shortText([chart.name, version].filter((part) => part !== undefined).join('-'));
}

function capabilitiesOf({ annotations }: ObservedApplication): Record<string, string> {
  const declared = OperationType.options.flatMap((type): [string, string][] => {
    const { data: engine } = EngineName.safeParse(annotations[capabilityAnnotation(type)]);
    return engine === undefined ? [] : [[type.toLowerCase(), engine]];
  });
  return Object.fromEntries(declared);
}

/** One of each type: the last one stated. A condition without a transition time keeps the known one. */
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

function isUnchanged({ seenAt: _, ...known }: Mirrored, { seenAt: __, ...next }: Mirrored): boolean {
  return sameJson(known, next);
}
