/**
 * A small operator of our own, after what is known of vWorkspace's from outside: it takes each Operation from accepted to
 * ended, as a velero Backup or Restore of the same name, and deletes that with it. Like the real one it has no end:
 * a finished Operation is looked at again when it starts, and when anybody changes it. It runs in rounds over what a list
 * says, and takes each step under the resourceVersion that it saw.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Resource } from '../cluster/client.ts';
import { mergePatch } from '../cluster/client.ts';
import { pathOf } from '../cluster/paths.ts';
import type { Told } from './rules.ts';
import {
  conflictOf,
  ended,
  finalizer,
  materialized,
  operationLabel,
  toldOf,
  veleroNamespace,
  withTold,
} from './rules.ts';

export interface Operator {
  stop(): Promise<void>;
}

const roundMs = 250;

export function startOperator(admin: Client): Operator {
  const stopped = new AbortController();
  /** Finished ones that were looked at, with the version that they had then. */
  const looked = new Map<string, string>();
  const running = (async () => {
    while (!stopped.signal.aborted) {
      // An API server that is away, or a step that somebody else overtook: the next round finds what is left.
      await round(admin, looked).catch(() => undefined);
      await sleep(roundMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

async function round(admin: Client, looked: Map<string, string>): Promise<void> {
  const { items }: { items: readonly Resource[] } = await admin.must('GET', pathOf('operations'));
  const open = items.filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp !== undefined ||
      !ended.includes(status?.phase) ||
      looked.get(metadata.uid) !== metadata.resourceVersion,
  );
  if (open.length === 0) return;
  const engines = new Map<string, Resource>();
  for (const plural of ['backups', 'restores'] as const) {
    const list: { items: readonly Resource[] } = await admin.must('GET', pathOf(plural, veleroNamespace));
    for (const each of list.items) engines.set(`${plural}/${each.metadata.name}`, each);
  }
  for (const operation of open) {
    const engine = engines.get(`${pluralOf(operation)}/${operation.metadata.name}`);
    await step(admin, looked, { operation, engine, all: items }).catch(() => undefined);
  }
}

interface Sight {
  readonly operation: Resource;
  readonly engine: Resource | undefined;
  readonly all: readonly Resource[];
}

async function step(admin: Client, looked: Map<string, string>, sight: Sight): Promise<void> {
  const { operation, engine } = sight;
  const { metadata, status } = operation;
  const finalizers: readonly string[] = metadata.finalizers ?? [];
  if (metadata.deletionTimestamp !== undefined) {
    if (!finalizers.includes(finalizer)) return;
    if (isOf(operation, engine))
      await admin.call('DELETE', pathOf(pluralOf(operation), veleroNamespace, metadata.name));
    return patch(admin, operation, { metadata: { finalizers: finalizers.filter((each) => each !== finalizer) } });
  }
  if (!finalizers.includes(finalizer))
    return patch(admin, operation, { metadata: { finalizers: [...finalizers, finalizer] } });
  const blocker = conflictOf(operation, sight.all);
  if (blocker !== undefined && !isOf(operation, engine, 'unfinished')) {
    const text = `waits for ${blocker.metadata.name}`;
    if (status?.phase === 'Pending') return;
    return tell(admin, looked, operation, {
      phase: 'Pending',
      conditions: [['Blocked', true, 'ConflictingOperation', text]],
    });
  }
  if (engine === undefined) {
    await admin.must('POST', pathOf(pluralOf(operation), veleroNamespace), materialized(operation));
    return tell(admin, looked, operation, toldOf('New'), { startedAt: new Date().toISOString() });
  }
  if (!isOf(operation, engine)) {
    const message = `${pluralOf(operation)}.velero.io "${metadata.name}" already exists`;
    return tell(admin, looked, operation, { phase: 'Failed', conditions: [['Failed', true, 'EngineFailed', message]] });
  }
  const told = toldOf(engine.status?.phase ?? 'New');
  if (told.phase === 'Running' && status?.phase === 'Running') return;
  const output = operation.spec.type === 'Restore' ? 'restoreName' : 'backupName';
  const more = ended.includes(told.phase)
    ? { finishedAt: new Date().toISOString(), outputs: { [output]: metadata.name } }
    : { startedAt: status?.startedAt ?? new Date().toISOString() };
  return tell(admin, looked, operation, told, more);
}

async function tell(
  admin: Client,
  looked: Map<string, string>,
  operation: Resource,
  told: Told,
  more: object = {},
): Promise<void> {
  const { metadata } = operation;
  const engineRef = { kind: operation.spec.type, name: metadata.name, namespace: veleroNamespace };
  const status = {
    ...withTold(operation.status, told, metadata.generation, new Date().toISOString()),
    ...more,
    engineRef,
  };
  const path = `${pathOf('operations', metadata.namespace, metadata.name)}/status`;
  const body = { metadata: { resourceVersion: metadata.resourceVersion }, status };
  const now = await admin.must('PATCH', path, body, mergePatch);
  if (ended.includes(told.phase)) looked.set(metadata.uid, now.metadata.resourceVersion);
}

async function patch(admin: Client, { metadata }: Resource, change: { readonly metadata: object }): Promise<void> {
  const bound = { metadata: { ...change.metadata, resourceVersion: metadata.resourceVersion } };
  await admin.must('PATCH', pathOf('operations', metadata.namespace, metadata.name), bound, mergePatch);
}

const pluralOf = (operation: Resource) => (operation.spec.type === 'Restore' ? 'restores' : 'backups');

function isOf(operation: Resource, engine: Resource | undefined, state?: 'unfinished'): boolean {
  if (engine?.metadata.labels?.[operationLabel] !== operation.metadata.uid) return false;
  return state === undefined || toldOf(engine?.status?.phase ?? 'New').phase === 'Running';
}
