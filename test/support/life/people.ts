/** What people do with kubectl, and what a person does who follows the findings. */
import type { Free } from '../kubernetes/free-object.ts';
import type { Doing, Doings } from './doings.ts';
import { type Life, namespace } from './scene.ts';

const pick = (all: readonly Free[], n: number): Free => all[n % Math.max(1, all.length)];

export const peopleActs = {
  heed: [2, (life, _, doings) => heed(life, doings)],
  label: [
    1,
    (life, n) => {
      const one = pick(life.there(), n);
      const labels = { ...one?.metadata.labels, seen: `n${n}` };
      if (one !== undefined) put(life, { ...one, metadata: { ...one.metadata, labels } });
    },
  ],
  savedManifest: [
    1,
    (life, n) => {
      const one = pick(life.there(), n);
      if (one === undefined) return;
      const { status: _, metadata, ...rest } = structuredClone(one);
      const { name, labels, annotations } = metadata;
      put(life, { ...rest, metadata: { namespace: 'org-other', name, labels, annotations } });
    },
  ],
  theirs: [
    2,
    (life, n) => {
      const { apiVersion, kind, spec } = pick(life.there(), n) ?? {};
      if (spec !== undefined) put(life, { apiVersion, kind, spec, metadata: { namespace, name: `theirs-${n}` } });
    },
  ],
  deleteOperation: [1, (life, n, doings) => kubectlDelete(life, doings, pick(life.there(), n)?.metadata.name)],
  deleteRunning: [
    1,
    (life, n, doings) => {
      const running = life.there().filter(({ status }) => status?.phase === 'Running');
      return kubectlDelete(life, doings, pick(running, n)?.metadata.name);
    },
  ],
  deleteVelero: [1, (life, n) => life.kubectl('DELETE', 'backups', pick(life.backups(), n)?.metadata.name)],
} as const satisfies Readonly<Record<string, Doing>>;

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
      for (const { metadata } of life.there())
        if (metadata.name.startsWith('theirs-') && whatToDo.includes(`"${metadata.name}"`))
          await kubectlDelete(life, doings, metadata.name);
    }
    if (kind === 'DeletionStuck') await withoutFinalizer(life, doings, operation.name);
  }
  // Told by an event: "Cancel it to delete it."
  for (const { id, conditions } of ours)
    if (conditions.some(({ type, reason }: Free) => type === 'Failed' && reason === 'RunningTimeout')) await cancel(id);
}

async function kubectlDelete(life: Life, { deleted }: Doings, name: string | undefined): Promise<void> {
  if (name !== undefined && (await life.kubectl('DELETE', 'operations', name)) < 300) deleted.add(name);
}

async function withoutFinalizer(life: Life, doings: Doings, name: string): Promise<void> {
  life.cluster.setWebhooks(false);
  await life.kubectl('PATCH', 'operations', name, { metadata: { finalizers: null } });
  life.cluster.setWebhooks(doings.isChecked);
}

/** As with kubectl: the webhook may deny it. */
function put({ cluster }: Life, object: object): void {
  try {
    cluster.put('operations', object);
  } catch (error) {
    if (!/denied the request|failed calling webhook/.test(String(error))) throw error;
  }
}
