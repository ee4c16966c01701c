/** The account that runs PostgreSQL when root starts it. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, run } from './command.ts';

/** Data that exists decides; then the usual account; then one of our own. */
export async function findAccount(folder: string): Promise<Account> {
  const data = await stat(join(folder, 'data')).catch(() => undefined);
  if (data !== undefined && data.uid !== 0) return { name: `user ${data.uid}`, uid: data.uid, gid: data.gid };
  const own = 'vworkspace-backups';
  const found = (await lookUp('postgres')) ?? (await lookUp(own));
  if (found !== undefined) return found;
  await run(
    'useradd',
    ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', own],
    undefined,
  );
  const made = (await lookUp(own)) ?? (await lookUp('nobody'));
  if (made !== undefined) return made;
  throw new Error(
    'PostgreSQL does not run as root, and this machine has no other account for it.\n' +
      'Create one named postgres, start the service as an ordinary user, or set DATABASE_URL.',
  );
}

async function lookUp(name: string): Promise<Account | undefined> {
  const [uid, gid] = await Promise.all([run('id', ['-u', name], undefined), run('id', ['-g', name], undefined)]);
  if (uid.code !== 0 || gid.code !== 0 || Number(uid.output) === 0) return undefined;
  return { name, uid: Number(uid.output), gid: Number(gid.output) };
}
