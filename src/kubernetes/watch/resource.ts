/**
 * Reads the resources of a list or a watch: their identity, their version, and the fields that are kept of their kind.
 */

import { z } from 'zod';
import type { FollowedResource } from '../../core/observation/ports.ts';

/** The fields that are kept of every kind. */
export interface SeenResource {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly deleted: boolean;
  readonly source: 'Listed' | 'Watched';
  readonly resourceVersion?: string | undefined;
  readonly generation?: number | undefined;
}
export type Identified = Pick<SeenResource, 'name' | 'namespace' | 'uid'>;

export interface FollowedKind<Observed extends Identified> {
  readonly resource: FollowedResource;
  readonly groupVersion: string;
  /** `undefined` when the object is not of this kind. */
  readonly observed: (object: unknown, seen: SeenResource) => Observed | undefined;
}

/** The path to list or watch a kind in one namespace or, without one, in all. */
export function pathOf(
  kind: FollowedKind<Identified>,
  namespace: string | undefined,
  query: Readonly<Record<string, string>>,
): string {
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/apis/${kind.groupVersion}${within}/${kind.resource}?${new URLSearchParams(query)}`;
}

const Resource = z.object({
  metadata: z.object({
    name: z.string().min(1),
    namespace: z.string().min(1),
    uid: z.string().min(1),
    resourceVersion: z.string().min(1).max(128).optional().catch(undefined),
    generation: z.int().min(0).optional().catch(undefined),
  }),
});

const Versioned = z.object({ metadata: z.object({ resourceVersion: z.string().min(1) }) });

const WatchLine = z.object({ type: z.string(), object: z.unknown() });

export const ListPage = z.object({
  metadata: z.object({ resourceVersion: z.string().min(1), continue: z.string().optional() }),
  items: z
    .array(z.unknown())
    .nullish()
    .transform((items) => items ?? []),
});

export type WatchEvent<Observed> =
  | { readonly kind: 'Seen'; readonly version: string; readonly observation: Observed }
  | { readonly kind: 'Passed'; readonly version: string }
  | { readonly kind: 'Error'; readonly object: unknown };

/** `undefined` when the object is no resource of the kind. */
export function observationOf<Observed extends Identified>(
  kind: FollowedKind<Observed>,
  object: unknown,
  how: Pick<SeenResource, 'deleted' | 'source'>,
): Observed | undefined {
  const { data } = Resource.safeParse(object);
  if (data === undefined) return undefined;
  const { name, namespace, uid, resourceVersion, generation } = data.metadata;
  return kind.observed(object, { name, namespace, uid, ...how, resourceVersion, generation });
}

/** One line of a watch; `undefined` when it is no event. Bookmarks and unknown types only move the version on. */
export function eventOf<Observed extends Identified>(
  kind: FollowedKind<Observed>,
  line: unknown,
): WatchEvent<Observed> | undefined {
  const { data } = WatchLine.safeParse(line);
  if (data === undefined) return undefined;
  if (data.type === 'ERROR') return { kind: 'Error', object: data.object };
  const versioned = Versioned.safeParse(data.object);
  if (!versioned.success) return undefined;
  const version = versioned.data.metadata.resourceVersion;
  const changed = data.type === 'ADDED' || data.type === 'MODIFIED' || data.type === 'DELETED';
  const how = { deleted: data.type === 'DELETED', source: 'Watched' } as const;
  const observation = changed ? observationOf(kind, data.object, how) : undefined;
  return observation === undefined ? { kind: 'Passed', version } : { kind: 'Seen', version, observation };
}
