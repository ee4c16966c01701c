/**
 * Restores by real Velero, seen step by step: in place and elsewhere, with the claims of volumes there and gone, twice in
 * a row, with each policy. The Backups and Restores are as an operator makes them for Operations. It judges nothing; it
 * tells what was seen.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, mergePatch, type Resource } from '../cluster/client.ts';
import { pathOf } from '../cluster/paths.ts';
import { materialized } from '../operator/rules.ts';
import { furnish, goOn, loseClaim, loseNamespace, loseVolume, type ReclaimPolicy } from './application.ts';
import { type Memory, remember, secondsOf, seenAfter, sourceAfter, type Tell } from './look.ts';
import { carriedOut, type Velero } from './start.ts';

const reclaimPolicies: readonly ReclaimPolicy[] = ['Retain', 'Delete'];
const times = ['first', 'second'] as const;

export function engineOf(type: 'Backup' | 'Restore', name: string, namespace: string, parameters: object): Resource {
  return materialized({ metadata: { name, namespace, uid: 'by-hand' }, spec: { type, engine: 'velero', parameters } });
}

export async function backUp(admin: Client, name: string, namespace = name): Promise<void> {
  const backup = await carriedOut(
    admin,
    engineOf('Backup', name, namespace, { ttl: '1h0m0s', snapshotVolumes: false }),
  );
  if (backup.status.phase !== 'Completed') throw new Error(`Backup ${name}: ${JSON.stringify(backup.status)}`);
}

/** A Restore into the namespace, and what was seen of it. */
export async function restore(
  velero: Velero,
  tell: Tell,
  { done, name, into, ...parameters }: { done: string; name: string; into: string; backupName: string },
  more?: (before: Memory) => Promise<string>,
): Promise<void> {
  const before = await remember(velero.admin, into);
  const ended = await carriedOut(velero.admin, engineOf('Restore', name, into, parameters));
  const seen = [...(await seenAfter(velero, ended, into, before))];
  if (more !== undefined) seen.push(await more(before));
  const seconds = secondsOf(ended);
  tell({ done, seen, ...(seconds === undefined ? {} : { seconds }) });
}

export async function inPlace(velero: Velero, tell: Tell): Promise<void> {
  const { admin } = velero;
  for (const policy of [undefined, 'none', 'update']) {
    const namespace = `place-${policy ?? 'unset'}`;
    const asked = { into: namespace, backupName: namespace, ...(policy && { existingResourcePolicy: policy }) };
    const done = `in place, existingResourcePolicy ${policy ?? 'not set'}`;
    await furnish(admin, namespace, 'Retain');
    await backUp(admin, namespace);
    await goOn(admin, namespace);
    for (const time of times)
      await restore(velero, tell, {
        ...asked,
        done: `${done}, the claim is there, the ${time} time`,
        name: `${namespace}-${time}`,
      });
    await loseClaim(admin, namespace, 'Retain');
    for (const time of times) {
      const now = `${done}, the claim was deleted and its volume was kept, the ${time} time`;
      await restore(velero, tell, { ...asked, done: now, name: `${namespace}-claimless-${time}` });
    }
  }
}

/** The claim and its volume are gone. */
export async function withoutVolumes(velero: Velero, tell: Tell): Promise<void> {
  const { admin } = velero;
  for (const reclaimPolicy of reclaimPolicies) {
    for (const restorePVs of [undefined, true, false]) {
      const namespace = `gone-${reclaimPolicy.toLowerCase()}-${restorePVs ?? 'unset'}`;
      await furnish(admin, namespace, reclaimPolicy);
      await backUp(admin, namespace);
      await loseClaim(admin, namespace, reclaimPolicy);
      if (reclaimPolicy === 'Retain') await loseVolume(admin, namespace);
      const asked = { into: namespace, backupName: namespace, ...(restorePVs !== undefined && { restorePVs }) };
      for (const time of times) {
        const done = `in place, restorePVs ${restorePVs ?? 'not set'}, the claim and its volume are gone, the volume was ${reclaimPolicy}, the ${time} time`;
        await restore(velero, tell, { ...asked, done, name: `${namespace}-${time}` });
      }
    }
  }
}

export async function withoutNamespace(velero: Velero, tell: Tell): Promise<void> {
  const { admin } = velero;
  for (const reclaimPolicy of reclaimPolicies) {
    const namespace = `lost-${reclaimPolicy.toLowerCase()}`;
    await furnish(admin, namespace, reclaimPolicy);
    await backUp(admin, namespace);
    await loseNamespace(admin, namespace, reclaimPolicy);
    const done = `in place, the namespace was deleted, the volume was ${reclaimPolicy}`;
    const labels = () => labelsOf(admin, namespace);
    await restore(velero, tell, { done, name: namespace, into: namespace, backupName: namespace }, labels);
  }
}

export async function elsewhere(velero: Velero, tell: Tell): Promise<void> {
  const { admin } = velero;
  for (const reclaimPolicy of reclaimPolicies) {
    for (const policy of ['none', 'update']) {
      for (const target of ['missing', 'there'] as const) {
        const namespace = `from-${reclaimPolicy.toLowerCase()}-${policy}-${target}`;
        const into = namespace.replace('from', 'to');
        await furnish(admin, namespace, reclaimPolicy);
        await backUp(admin, namespace);
        if (target === 'there') {
          // Velero compares the instants of managedFields as well, which are whole seconds.
          await nextSecond();
          await furnish(admin, into, reclaimPolicy);
        }
        const asked = {
          into,
          backupName: namespace,
          existingResourcePolicy: policy,
          namespaceMapping: { [namespace]: into },
        };
        const source = await remember(admin, namespace);
        for (const time of times) {
          const done = `elsewhere, existingResourcePolicy ${policy}, the volume is ${reclaimPolicy}, the target and its claim are ${target === 'there' || time === 'second' ? 'there' : 'missing'}, the ${time} time`;
          await restore(velero, tell, { ...asked, done, name: `${into}-${time}` }, async () => {
            const labels = target === 'missing' && time === 'first' ? `, ${await labelsOf(admin, into)}` : '';
            return `${await sourceAfter(admin, namespace, source)}${labels}`;
          });
        }
      }
    }
  }
}

/** Elsewhere, with the policy that changes what is there, and something left out of the Restore. */
export async function leavingOut(velero: Velero, tell: Tell): Promise<void> {
  const { admin } = velero;
  const namespace = 'from-left';
  await furnish(admin, namespace, 'Retain');
  await backUp(admin, namespace);
  const source = await remember(admin, namespace);
  for (const excludedResources of [
    ['persistentvolumes'],
    ['persistentvolumes', 'persistentvolumeclaims'],
    ['persistentvolumeclaims'],
  ]) {
    const into = `to-without-${excludedResources.map((each) => each.slice(10)).join('-')}`;
    const done = `elsewhere, existingResourcePolicy update, the volume is Retain, excludedResources ${excludedResources.join(', ')}`;
    const asked = {
      into,
      backupName: namespace,
      existingResourcePolicy: 'update',
      namespaceMapping: { [namespace]: into },
    };
    await restore(velero, tell, { ...asked, ...{ excludedResources }, done, name: into }, () =>
      sourceAfter(admin, namespace, source),
    );
  }
}

/** The kind of what was copied, changed since, for the whole cluster. */
export async function kindsOfCopies(velero: Velero, tell: Tell): Promise<void> {
  const { admin } = velero;
  const namespace = 'kinds';
  await furnish(admin, namespace, 'Retain');
  await backUp(admin, namespace);
  const path = pathOf('customresourcedefinitions', undefined, 'applicationinstances.apps.vworkspace.io');
  const later = {
    metadata: { annotations: { 'laboratory/later': 'yes' } },
    spec: { names: { shortNames: ['later'] } },
  };
  await admin.must('PATCH', path, later, mergePatch);
  for (const policy of ['none', 'update']) {
    const done = `in place, existingResourcePolicy ${policy}, after the kind of applications was changed`;
    const asked = {
      done,
      name: `kinds-${policy}`,
      into: namespace,
      backupName: namespace,
      existingResourcePolicy: policy,
    };
    await restore(velero, tell, asked, async () => {
      const { metadata, spec } = await admin.must('GET', path);
      return `the kind: shortNames ${told(spec.names.shortNames)}, annotations ${told(metadata.annotations)}`;
    });
  }
}

const nextSecond = (): Promise<void> => sleep(1_100);

/** Keys and values, or what is listed. */
export function told(value: Resource): string {
  if (value === undefined) return 'none';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value))
    return value.map((each) => (typeof each === 'string' ? each : `${each.kind} ${each.name}`)).join(', ');
  return Object.entries(value)
    .map(([key, text]) => `${key}=${key.startsWith('kubernetes.io/') ? '…' : text}`)
    .sort()
    .join(', ');
}

async function labelsOf(admin: Client, name: string): Promise<string> {
  const namespace = await admin.find(pathOf('namespaces', undefined, name));
  return `the namespace has ${namespace === undefined ? 'gone' : `the labels ${told(namespace.metadata.labels)}, the annotations ${told(namespace.metadata.annotations)}`}`;
}
