/**
 * The kinds of resources that are followed, and how a list or a watch of them is read: who each is, its version, and
 * what its kind keeps of it. The rest is not kept.
 */

import { z } from 'zod';
import type { FollowedResource } from '../../core/delivery/ports.ts';

/** What is the same for all kinds. */
export interface Seen {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly deleted: boolean;
  readonly source: 'Listed' | 'Watched';
  readonly resourceVersion?: string | undefined;
  readonly generation?: number | undefined;
}
export type Identified = Pick<Seen, 'name' | 'namespace' | 'uid'>;

export interface Kind<Observed extends Identified> {
  readonly resource: FollowedResource;
  readonly groupVersion: string;
  /** `undefined` for what is none. */
  readonly observed: (object: unknown, seen: Seen) => Observed | undefined;
}

/** Where a kind is listed and watched: in one namespace, or in all without one. */
export function pathOf(
  kind: Kind<Identified>,
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

/** `undefined` for what is no resource of the kind. */
export function observationOf<Observed extends Identified>(
  kind: Kind<Observed>,
  object: unknown,
  how: Pick<Seen, 'deleted' | 'source'>,
): Observed | undefined {
  const { data } = Resource.safeParse(object);
  if (data === undefined) return undefined;
  const { name, namespace, uid, resourceVersion, generation } = data.metadata;
  return kind.observed(object, { name, namespace, uid, ...how, resourceVersion, generation });
}

/** One line of a watch; `undefined` when it is none. Bookmarks, and what is unknown, only move the version on. */
export function eventOf<Observed extends Identified>(
  kind: Kind<Observed>,
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
