/**
 * Operations in a copy, with the label that leaves them out and without it, with the operator and its webhook at work:
 * what a restore does to them, and what the operator makes of those that came back.
 */
import type { Client, Resource } from '../cluster/client.ts';
import { addApplication, eventually, openNamespace } from '../cluster/install.ts';
import { pathOf } from '../cluster/paths.ts';
import { ended, veleroNamespace } from '../operator/rules.ts';
import { remove } from './application.ts';
import { remember, seenAfter, type Tell } from './look.ts';
import { restore } from './restores.ts';
import type { Velero } from './start.ts';

export async function withOperations(velero: Velero, tell: Tell): Promise<void> {
  for (const policy of ['none', 'update']) {
    for (const label of [false, true]) await onePair(velero, tell, policy, label);
  }
}

async function onePair(velero: Velero, tell: Tell, policy: string, label: boolean): Promise<void> {
  const { admin } = velero;
  const namespace = `operations-${policy}-${label ? 'left-out' : 'taken'}`;
  const words = `${label ? 'with' : 'without'} velero.io/exclude-from-backup on the Operations`;
  await openNamespace(admin, namespace);
  await addApplication(admin, namespace, 'nextcloud');
  // The second copy holds the first Operation, which has ended, and its own, which runs.
  const [first, backupName] = [`${namespace}-1`, `${namespace}-2`];
  for (const name of [first, backupName]) await operate(admin, namespace, name, 'Backup', label, {});
  tell({ done: `two Backups by Operations, ${words}`, seen: [await operations(admin, namespace)] });
  // As after a loss: what the copy holds of it comes back, unless it was left out.
  await remove(admin, pathOf('operations', namespace, first));
  const before = await remember(admin, namespace);
  const name = `${namespace}-r`;
  const parameters = { backupName, existingResourcePolicy: policy };
  const made = await operate(admin, namespace, name, 'Restore', label, parameters);
  const engine = await admin.must('GET', pathOf('restores', veleroNamespace, name));
  tell({
    done: `a Restore in place by an Operation, existingResourcePolicy ${policy}, after one was deleted, ${words}`,
    seen: [`the Operation: ${wordsOf(made)}`, ...(await seenAfter(velero, engine, namespace, before))],
  });
  for (const excludedResources of [undefined, ['operations.ops.vworkspace.io']]) {
    const into = `${namespace}-${excludedResources === undefined ? 'elsewhere' : 'chosen'}`;
    const asked = { into, backupName, existingResourcePolicy: policy, namespaceMapping: { [namespace]: into } };
    const done = `a Restore elsewhere, existingResourcePolicy ${policy}${excludedResources === undefined ? '' : `, excludedResources ${excludedResources.join(', ')}`}, ${words}`;
    await restore(
      velero,
      tell,
      { ...asked, ...(excludedResources && { excludedResources }), done, name: into },
      async () => {
        await settled(admin, into);
        return `later ${await operations(admin, into)}`;
      },
    );
  }
}

async function operate(
  admin: Client,
  namespace: string,
  name: string,
  type: 'Backup' | 'Restore',
  label: boolean,
  parameters: object,
): Promise<Resource> {
  const targetRef = { apiVersion: 'apps.vworkspace.io/v1alpha1', kind: 'ApplicationInstance', name: 'nextcloud' };
  const labels = label ? { 'velero.io/exclude-from-backup': 'true' } : {};
  await admin.must('POST', pathOf('operations', namespace), {
    ...{ apiVersion: 'ops.vworkspace.io/v1alpha1', kind: 'Operation', metadata: { name, namespace, labels } },
    spec: { targetRef, type, engine: 'velero', parameters },
  });
  return eventually(`the end of ${name}`, async () => {
    const found = await admin.find(pathOf('operations', namespace, name));
    return ended.includes(found?.status?.phase) ? found : undefined;
  });
}

/** Until no Operation of the namespace is in flight. */
async function settled(admin: Client, namespace: string): Promise<void> {
  await eventually(`all Operations of ${namespace} have ended`, async () => {
    const { items }: { items: readonly Resource[] } = await admin.must('GET', pathOf('operations', namespace));
    return items.every(({ status }) => ended.includes(status?.phase));
  });
}

/** With what Velero has under their names. */
async function operations(admin: Client, namespace: string): Promise<string> {
  const { items }: { items: readonly Resource[] } = await admin.must('GET', pathOf('operations', namespace));
  const told: string[] = [];
  for (const each of items) {
    const engine = await admin.find(pathOf('backups', veleroNamespace, each.metadata.name));
    const { phase = 'none', failureReason } = engine?.status ?? {};
    told.push(
      `${wordsOf(each)} with velero Backup ${phase}${failureReason === undefined ? '' : ` (${failureReason})`}`,
    );
  }
  return `operations: ${told.length === 0 ? 'none' : told.join(', ')}`;
}

function wordsOf({ metadata, status }: Resource): string {
  const message: string = status?.conditions?.at(-1)?.message ?? '';
  return `${metadata.name} ${status?.phase}${message && ` (${message})`}`;
}
