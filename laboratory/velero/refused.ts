/** Restores and Backups that Velero does not carry out, in its own words. */
import type { Resource } from '../cluster/client.ts';
import { pathOf } from '../cluster/paths.ts';
import { veleroNamespace } from '../operator/rules.ts';
import { furnish } from './application.ts';
import { secondsOf, type Tell } from './look.ts';
import { backUp, engineOf } from './restores.ts';
import { carriedOut, type Velero } from './start.ts';

const namespace = 'refused';

export async function refused(velero: Velero, tell: Tell): Promise<void> {
  const { admin } = velero;
  await furnish(admin, namespace, 'Retain');
  for (const name of ['whole', 'emptied', 'away']) await backUp(admin, name, namespace);
  await velero.drop('backups/emptied/emptied.tar.gz');
  await change(velero, 'away', (backup) => ({ ...backup, spec: { ...backup.spec, storageLocation: 'away' } }));
  const failed = { ...engineOf('Backup', 'failed', namespace, {}), status: { phase: 'Failed' } };
  await admin.must('POST', pathOf('backups', veleroNamespace), failed);
  for (const [done, name, parameters] of [
    ['from a Backup that is not there', 'of-nothing', { backupName: 'nowhere' }],
    ['from a Backup that failed', 'of-failed', { backupName: 'failed' }],
    ['from a Backup whose copy is gone from the storage', 'of-emptied', { backupName: 'emptied' }],
    ['from a Backup whose location is Unavailable', 'of-away', { backupName: 'away' }],
    ['with a policy that is none', 'of-whole', { backupName: 'whole', existingResourcePolicy: 'replace' }],
  ] as const) {
    const { status } = await carriedOut(admin, engineOf('Restore', name, namespace, parameters));
    tell({ done: `a Restore ${done}`, seen: [wordsOf(status)] });
  }
  const again = engineOf('Restore', 'of-nothing', namespace, { backupName: 'whole' });
  const { code, body } = await admin.call('POST', pathOf('restores', veleroNamespace), again);
  tell({ done: 'a Restore with the name of one that has ended', seen: [`${code} ${body.message}`] });
  for (const [done, storageLocation] of [
    ['not there', 'nowhere'],
    ['Unavailable', 'away'],
  ] as const) {
    const ended = await carriedOut(admin, engineOf('Backup', `to-${storageLocation}`, namespace, { storageLocation }));
    const seconds = secondsOf(ended);
    tell({
      ...{ done: `a Backup to a location that is ${done}`, seen: [wordsOf(ended.status)] },
      ...(seconds === undefined ? {} : { seconds }),
    });
  }
}

async function change({ admin }: Velero, name: string, by: (backup: Resource) => Resource): Promise<void> {
  const path = pathOf('backups', veleroNamespace, name);
  await admin.must('PUT', path, by(await admin.must('GET', path)));
}

function wordsOf({ phase, validationErrors = [], failureReason = '' }: Resource): string {
  return `${phase}: ${withoutIds([...validationErrors, failureReason].filter(Boolean).join('; '))}`.trim();
}

/** The storage gives each of its answers another one. */
const withoutIds = (text: string): string => text.replace(/, RequestID: .*?, HostID: [^,]*/, '');
