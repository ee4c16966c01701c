/** What is read of an Operation in a list or a watch: who it is, its version, its status. The rest is not kept. */
import { z } from 'zod';
import { type Observation, ObservedStatus } from '../domain/observe.ts';

const Resource = z.object({
  metadata: z.object({ name: z.string().min(1), namespace: z.string().min(1), uid: z.string().min(1) }),
  status: ObservedStatus.optional(),
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

export type WatchEvent =
  | { readonly kind: 'Seen'; readonly version: string; readonly observation: Observation }
  | { readonly kind: 'Passed'; readonly version: string }
  | { readonly kind: 'Error'; readonly object: unknown };

/** `undefined` for what is no Operation. */
export function observationOf(object: unknown, deleted: boolean): Observation | undefined {
  const { data } = Resource.safeParse(object);
  if (data === undefined) return undefined;
  const { name, namespace, uid } = data.metadata;
  return { name, namespace, uid, deleted, status: data.status ?? {} };
}

/** One line of a watch; `undefined` when it is none. Bookmarks, and what is unknown, only move the version on. */
export function eventOf(line: unknown): WatchEvent | undefined {
  const { data } = WatchLine.safeParse(line);
  if (data === undefined) return undefined;
  if (data.type === 'ERROR') return { kind: 'Error', object: data.object };
  const versioned = Versioned.safeParse(data.object);
  if (!versioned.success) return undefined;
  const version = versioned.data.metadata.resourceVersion;
  const changed = data.type === 'ADDED' || data.type === 'MODIFIED' || data.type === 'DELETED';
  const observation = changed ? observationOf(data.object, data.type === 'DELETED') : undefined;
  return observation === undefined ? { kind: 'Passed', version } : { kind: 'Seen', version, observation };
}
