/**
 * Reads an ApplicationInstance of a cluster: its labels and annotations, its chart, its conditions. A cluster may hold
 * anything, so a value that does not fit is left out and never an error. `spec.values` is never read, because it may
 * contain secrets.
 */

import { z } from 'zod';
import { ObservedConditions } from '../../kernel/rules/observed-conditions.ts';

const Text = z.string().max(253).optional().catch(undefined);
/** An address, without the credentials that it may contain. */
const Address = z
  .string()
  .max(2048)
  .transform((address) => address.replace(/\/\/[^/]*@/, '//'))
  .optional()
  .catch(undefined);
const maxEntryCount = 50;
const maxConditionCount = 50;

/**
 * At most fifty entries whose key begins with one of the prefixes. Values that are no text of at most 1 KiB are left
 * out.
 */
function entriesOf(...prefixes: readonly string[]) {
  return z
    .record(z.string(), z.unknown())
    .catch({})
    .transform((entries): Readonly<Record<string, string>> => {
      const kept: [string, string][] = [];
      for (const [key, value] of Object.entries(entries))
        if (typeof value === 'string' && value.length <= 1024 && prefixes.some((prefix) => key.startsWith(prefix)))
          kept.push([key, value]);
      return Object.fromEntries(kept.slice(0, maxEntryCount));
    });
}

/** The fields that are read, beside name, uid and version, which the watch reads. */
export const ObservedInstance = z.object({
  metadata: z.object({
    labels: entriesOf('app.vworkspace.io/', 'ops.vworkspace.io/', 'app.kubernetes.io/', 'managed-by'),
    annotations: entriesOf('ops.vworkspace.io/'),
  }),
  spec: z
    .object({
      mode: Text,
      appRef: z.object({ catalogId: Text }).optional().catch(undefined),
      chart: z
        .union([
          z.string().transform((name) => ({ name: name.slice(0, 253) })),
          z.object({ name: Text, version: Text, repository: Address }),
        ])
        .optional()
        .catch(undefined),
      release: z.object({ name: Text, namespace: Text }).optional().catch(undefined),
    })
    .catch({}),
  status: z.object({ conditions: ObservedConditions }).optional().catch(undefined),
});
export type ObservedInstance = z.infer<typeof ObservedInstance>;

export interface ObservedApplication {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** The resource is gone from the cluster. The other fields are as they were last. */
  readonly deleted: boolean;
  readonly source: 'Listed' | 'Watched';
  readonly resourceVersion?: string | undefined;
  readonly generation?: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** All annotations ops.vworkspace.io/…: the Operations that the application allows, and their engines. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly mode?: string | undefined;
  readonly catalogId?: string | undefined;
  readonly chart?: NonNullable<ObservedInstance['spec']['chart']> | undefined;
  readonly release?: { readonly name?: string | undefined; readonly namespace?: string | undefined } | undefined;
  readonly conditions: ObservedConditions;
}

/** `undefined` when the resource cannot be read at all. */
export function observedApplication(
  object: unknown,
  seen: Pick<
    ObservedApplication,
    'name' | 'namespace' | 'uid' | 'deleted' | 'source' | 'resourceVersion' | 'generation'
  >,
): ObservedApplication | undefined {
  const { data } = ObservedInstance.safeParse(object);
  if (data === undefined) return undefined;
  const { metadata, spec, status } = data;
  return {
    ...seen,
    labels: metadata.labels,
    annotations: metadata.annotations,
    mode: spec.mode,
    catalogId: spec.appRef?.catalogId,
    chart: spec.chart,
    release: spec.release,
    conditions: (status?.conditions ?? []).slice(0, maxConditionCount),
  };
}
