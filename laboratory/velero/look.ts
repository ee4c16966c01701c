/**
 * What a restore did, in words that are the same each time: Velero's own report, what it says of each object, and what
 * the cluster holds afterwards, each compared with what was there before. No instants, no uids.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Resource } from '../cluster/client.ts';
import { eventually } from '../cluster/install.ts';
import { type Plural, pathOf } from '../cluster/paths.ts';
import { volumeOf } from './application.ts';
import type { Velero } from './start.ts';

export interface Sight {
  readonly done: string;
  readonly seen: readonly string[];
  /** Between the beginning and the end that Velero tells, in its whole seconds. */
  readonly seconds?: number;
}

export type Tell = (sight: Sight) => void;

const kinds: readonly Plural[] = [
  'configmaps',
  'secrets',
  'serviceaccounts',
  'rolebindings',
  'persistentvolumeclaims',
  'applicationinstances',
  'operations',
];
/** Kubernetes itself makes them in each namespace, some moment after it. */
const ofEachNamespace = /kube-root-ca\.crt|\bdefault\b/;
const settleMs = 3_000;

/** Uids and versions of what a namespace holds, by kind and name. */
export type Memory = ReadonlyMap<string, Resource>;

export async function remember(admin: Client, namespace: string): Promise<Memory> {
  const memory = new Map<string, Resource>();
  for (const plural of kinds) {
    for (const each of await itemsOf(admin, plural, namespace)) memory.set(`${plural}/${each.metadata.name}`, each);
  }
  const volume = await admin.find(pathOf('persistentvolumes', undefined, volumeOf(namespace)));
  if (volume !== undefined) memory.set(`persistentvolumes/${volume.metadata.name}`, volume);
  return memory;
}

async function itemsOf(admin: Client, plural: Plural, namespace: string): Promise<readonly Resource[]> {
  // Right after its kind was changed, the API server refuses a list for a moment.
  const { items }: { items: readonly Resource[] } = await eventually(`a list of ${plural}`, () =>
    admin.find(pathOf(plural, namespace)),
  );
  return items
    .filter(({ metadata }) => !ofEachNamespace.test(metadata.name))
    .sort((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1));
}

/** The report, and the namespace that was restored into. */
export async function seenAfter(
  { admin, stored }: Velero,
  restore: Resource,
  namespace: string,
  before: Memory,
): Promise<readonly string[]> {
  const { metadata } = restore;
  const results = await stored(`restores/${metadata.name}/restore-${metadata.name}-results.gz`);
  const list = await stored(`restores/${metadata.name}/restore-${metadata.name}-resource-list.json.gz`);
  await settled(admin, namespace);
  const held: string[] = [];
  for (const plural of kinds) {
    const there = await itemsOf(admin, plural, namespace);
    if (there.length > 0) held.push(`${plural}: ${there.map((each) => words(plural, each, before)).join(', ')}`);
  }
  return [
    reported(restore),
    ...textsOf('warning', results?.warnings),
    ...textsOf('error', results?.errors),
    ...actions(list),
    ...held,
    await volumeWords(admin, volumeOf(namespace), before),
  ].filter((line) => line !== '');
}

function reported({ status }: Resource): string {
  const { phase, validationErrors, failureReason } = status;
  const why = [...(validationErrors ?? []), ...(failureReason === undefined ? [] : [failureReason])].join('; ');
  return `Restore ${phase}${why && `: ${why}`}`;
}

export function secondsOf({ status }: Resource): number | undefined {
  const took = Date.parse(status.completionTimestamp) - Date.parse(status.startTimestamp);
  return Number.isNaN(took) ? undefined : took / 1000;
}

/** Velero's texts, which lie in the storage only. */
function textsOf(what: string, result: Resource): readonly string[] {
  const { velero = [], cluster = [], namespaces = {} } = result ?? {};
  const texts: readonly string[] = [velero, cluster, ...Object.values(namespaces)].flat();
  return texts
    .filter((text) => !ofEachNamespace.test(text))
    .sort()
    .map((text) => `${what}: ${text.split('\n')[0]}`);
}

/** Velero's own list: by what it did, which objects. */
function actions(list: Resource): readonly string[] {
  const by = new Map<string, string[]>();
  for (const [kind, names] of Object.entries<readonly string[]>(list ?? {})) {
    for (const text of names) {
      const [, name = '', action = ''] = /^(?:.*\/)?([^/(]+)\((\w+)\)$/.exec(text) ?? [];
      if (ofEachNamespace.test(name)) continue;
      by.set(action, [...(by.get(action) ?? []), `${kind.split('/').at(-1)} ${name}`]);
    }
  }
  return [...by].sort().map(([action, names]) => `Velero's list, ${action}: ${names.sort().join(', ')}`);
}

function words(plural: Plural, object: Resource, before: Memory): string {
  const { metadata, data, spec, status } = object;
  const restored = metadata.labels?.['velero.io/restore-name'];
  const state =
    plural === 'configmaps'
      ? data?.written
      : plural === 'persistentvolumeclaims'
        ? `${status?.phase}, volume ${spec.volumeName ?? 'none'}`
        : plural === 'operations'
          ? (status?.phase ?? 'no status')
          : plural === 'applicationinstances'
            ? status === undefined
              ? 'no status'
              : 'with status'
            : undefined;
  const told = [state, fate(object, before.get(`${plural}/${metadata.name}`)), restored && `labelled ${restored}`];
  return `${metadata.name} (${told.filter(Boolean).join(', ')})`;
}

function fate({ metadata }: Resource, before: Resource | undefined): string {
  if (before === undefined) return 'made';
  if (before.metadata.uid !== metadata.uid) return 'made anew';
  return before.metadata.resourceVersion === metadata.resourceVersion ? 'untouched' : 'changed';
}

async function volumeWords(admin: Client, name: string, before: Memory): Promise<string> {
  const volume = await admin.find(pathOf('persistentvolumes', undefined, name));
  if (volume === undefined) return '';
  const { claimRef } = volume.spec;
  const of = claimRef === undefined ? 'no claim' : `claim ${claimRef.namespace}/${claimRef.name}`;
  return `persistentvolumes: ${name} (${volume.status?.phase}, ${of}, ${fate(volume, before.get(`persistentvolumes/${name}`))})`;
}

/** The namespace that was copied, when it was restored elsewhere. */
export async function sourceAfter(admin: Client, namespace: string, before: Memory): Promise<string> {
  const path = pathOf('persistentvolumeclaims', namespace, 'data');
  const { claimRef } = (await admin.find(pathOf('persistentvolumes', undefined, volumeOf(namespace))))?.spec ?? {};
  // The cluster notices within its quarter of a minute that a volume has another claim now.
  if (claimRef !== undefined && claimRef.namespace !== namespace)
    await eventually('the claim is lost', async () => (await admin.find(path))?.status?.phase === 'Lost');
  const claim = await admin.find(path);
  const told = claim === undefined ? 'no claim' : `claim ${words('persistentvolumeclaims', claim, before)}`;
  return `where it was copied from: ${told}, ${await volumeWords(admin, volumeOf(namespace), before)}`;
}

/** Until the cluster has bound the claims, or has had the time for it. */
async function settled(admin: Client, namespace: string): Promise<void> {
  const deadline = performance.now() + settleMs;
  for (;;) {
    const claims = await itemsOf(admin, 'persistentvolumeclaims', namespace);
    if (claims.every(({ status }) => status?.phase !== 'Pending') || performance.now() > deadline) return;
    await sleep(100);
  }
}
