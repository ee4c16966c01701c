/** What people, clusters and engines do in a random life. Nothing here is the service's own doing. */
import { call } from '../../../simulator/testing.ts';
import type { Free } from '../kubernetes/free-object.ts';
import { type Life, namespace } from './scene.ts';

const weights = {
  ...{ nothing: 2, restartOperator: 2, restartApiServer: 1, backup: 3, restore: 4, both: 3, cancel: 1, heed: 2 },
  ...{ label: 1, savedManifest: 1, theirs: 1, location: 1, webhooks: 1, hang: 1, partial: 1 },
  ...{ deleteOperation: 2, deleteVelero: 1, removeCopy: 1 },
} as const;
export type Act = keyof typeof weights;
export const acts = (Object.keys(weights) as Act[]).flatMap((act) => Array.from({ length: weights[act] }, () => act));

/** What others have done that the service cannot undo. */
export interface Doings {
  isAway: boolean;
  isChecked: boolean;
  /** Names of Operations that were deleted with kubectl. */
  readonly deleted: Set<string>;
  /** Names of copies that were taken from the bucket, and when, in milliseconds. */
  readonly removed: Map<string, number>;
}

const operations = `/apis/ops.vworkspace.io/v1alpha1/namespaces/${namespace}/operations`;

export async function act(life: Life, doings: Doings, kind: Act, n: number): Promise<void> {
  const { cluster, api, applicationInstanceId } = life;
  const pick = (all: readonly Free[]): Free => all[n % Math.max(1, all.length)];
  const ask = (body: object) => api.call('POST', '/v1/operations', { body: { applicationInstanceId, ...body } });
  const one = pick(life.there());
  switch (kind) {
    case 'nothing':
      return;
    case 'restartOperator':
      cluster.restartOperator();
      return;
    case 'restartApiServer':
      await cluster.restartApiServer();
      return;
    case 'backup':
      await ask({ type: 'Backup', ttl: `${24 * (1 + (n % 12))}h` });
      return;
    case 'restore':
    case 'both': {
      const point = pick(await life.recoveryPoints());
      if (point !== undefined) await ask({ type: 'Restore', parameters: { backupName: point.backupName } });
      if (kind === 'both') await ask({ type: 'Backup', ttl: '48h' });
      return;
    }
    case 'cancel': {
      const open = pick((await life.ours()).filter(({ phase }) => phase === 'Pending' || phase === 'Running'));
      if (open !== undefined) await api.call('POST', `/v1/operations/${open.id}/cancel`);
      return;
    }
    case 'heed':
      await heed(life, doings);
      return;
    case 'label': {
      const labels = { ...one?.metadata.labels, seen: `n${n}` };
      if (one !== undefined) put(life, { ...one, metadata: { ...one.metadata, labels } });
      return;
    }
    case 'savedManifest': {
      if (one === undefined) return;
      const { status: _, metadata, ...rest } = structuredClone(one);
      const { name, labels, annotations } = metadata;
      put(life, { ...rest, metadata: { namespace: 'org-other', name, labels, annotations } });
      return;
    }
    case 'theirs': {
      const { apiVersion, kind: resource, spec } = one ?? {};
      if (spec?.type === 'Backup')
        put(life, { apiVersion, kind: resource, spec, metadata: { namespace, name: `theirs-${n}` } });
      return;
    }
    case 'location':
      doings.isAway = !doings.isAway;
      cluster.setStorageLocation('default', doings.isAway ? 'Unavailable' : 'Available');
      return;
    case 'webhooks':
      doings.isChecked = !doings.isChecked;
      cluster.setWebhooks(doings.isChecked);
      return;
    case 'hang':
      cluster.inject({ kind: 'backup', outcome: 'hang', count: 1 });
      return;
    case 'partial':
      cluster.inject({ kind: 'backup', outcome: n % 3 === 0 ? 'Failed' : 'PartiallyFailed', count: 1 });
      return;
    case 'deleteOperation':
      if (one !== undefined) await kubectlDelete(life, doings, one.metadata.name);
      return;
    case 'deleteVelero': {
      const { metadata } = pick(cluster.list('backups', 'velero')) ?? {};
      if (metadata !== undefined)
        await call(cluster, 'DELETE', `/apis/velero.io/v1/namespaces/velero/backups/${metadata.name}`);
      return;
    }
    case 'removeCopy': {
      const copy = pick(cluster.copies());
      if (copy === undefined) return;
      doings.removed.set(copy, life.nowMs());
      cluster.removeCopy(copy);
    }
  }
}

/** A person does what the findings say. */
export async function heed(life: Life, doings: Doings): Promise<void> {
  const ours = await life.ours();
  const cancel = (id: string) => life.api.call('POST', `/v1/operations/${id}/cancel`);
  for (const { kind, resourceId, whatToDo } of await life.findings()) {
    const operation = ours.find(({ id }) => id === resourceId);
    if (operation === undefined) continue;
    if (['RestoreOverdue', 'BackupsWaitForRestore', 'OperationRunningTooLong'].includes(kind))
      await cancel(operation.id);
    if (kind === 'EndedOperationBlocked') {
      if (operation.type === 'Restore') await kubectlDelete(life, doings, operation.name);
      for (const { id, name } of ours) if (name !== operation.name && whatToDo.includes(`"${name}"`)) await cancel(id);
    }
    if (kind === 'DeletionStuck') await withoutFinalizer(life, doings, operation.name);
  }
  // Told by an event: "Cancel it to delete it."
  for (const { id, conditions } of ours)
    if (conditions.some(({ type, reason }: Free) => type === 'Failed' && reason === 'RunningTimeout')) await cancel(id);
}

async function kubectlDelete({ cluster }: Life, { deleted }: Doings, name: string): Promise<void> {
  const { code } = await call(cluster, 'DELETE', `${operations}/${name}`);
  if (code < 300) deleted.add(name);
}

async function withoutFinalizer({ cluster }: Life, doings: Doings, name: string): Promise<void> {
  cluster.setWebhooks(false);
  const body = { metadata: { finalizers: null } };
  await call(cluster, 'PATCH', `${operations}/${name}`, { body, type: 'application/merge-patch+json' });
  cluster.setWebhooks(doings.isChecked);
}

/** As with kubectl: the webhook may deny it. */
function put({ cluster }: Life, object: object): void {
  try {
    cluster.put('operations', object);
  } catch (error) {
    if (!/denied the request|failed calling webhook/.test(String(error))) throw error;
  }
}
