/**
 * Where the data of an embedded PostgreSQL lies when root starts it.
 *
 * In the requested folder, if the account that runs PostgreSQL can enter it, which is tried. A folder below a private
 * one (/root) cannot be entered whatever its own permissions are: then the data lies elsewhere, behind a link, so that
 * the folder still tells where it is. Data of a folder that only happens to be missing is never given up.
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { type Account, run } from './command.ts';
import { ownFolder, sharedFolder, temporaryFolder } from './own-folder.ts';
import { readPidFile } from './pid-file.ts';

/** The folder itself wherever the account can enter it; otherwise one elsewhere, behind a link in the folder. */
export async function reachablePlace(folder: string, account: Account, log: (line: string) => void): Promise<string> {
  const link = join(folder, 'data');
  const target = await readlink(link).catch(() => undefined);
  if (target !== undefined) {
    if (await canEnter(dirname(target), account)) return dirname(target);
    throw new Error(
      `The data of the embedded PostgreSQL is gone: ${link} points to ${target}, and that is not there or not readable ` +
        `for ${account.name}.\nBring it back, or remove the link to start with an empty database.`,
    );
  }
  if (await canEnter(folder, account)) return folder;
  // The folder is this database's own: passing through is granted, reading it is not.
  const { mode } = await stat(folder);
  await chmod(folder, mode | 0o011);
  if (await canEnter(folder, account)) return folder;
  await chmod(folder, mode);

  const temporary = !relative(tmpdir(), folder).startsWith('..') && !isAbsolute(relative(tmpdir(), folder));
  const base = temporary ? temporaryFolder : sharedFolder;
  if (await ownFolder(base)) {
    if (temporary) await removeAbandoned(base);
    const place = join(base, `database-${randomUUID()}`);
    await mkdir(place, { mode: 0o711 });
    await symlink(join(place, 'data'), link);
    await writeFile(join(place, 'wanted-in'), link);
    log(`PostgreSQL runs as ${account.name}, who cannot enter ${folder}: its data lies in ${place}`);
    if (await canEnter(place, account)) return place;
  }
  throw new Error(
    `PostgreSQL does not run as root, and ${account.name} cannot enter ${folder} nor a folder in ${base}.\n` +
      'Give this service a DATA_FOLDER outside of private folders, start it as an ordinary user, or set DATABASE_URL.',
  );
}

/** What was wanted in a temporary folder that is gone can be reached by nobody any more. */
async function removeAbandoned(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    const place = join(base, name);
    const link = await readFile(join(place, 'wanted-in'), 'utf8').catch(() => undefined);
    if (link === undefined || (await readlink(link).catch(() => undefined)) === join(place, 'data')) continue;
    if ((await readPidFile(join(place, 'data'))) === undefined) await rm(place, { recursive: true, force: true });
  }
}

async function canEnter(path: string, account: Account): Promise<boolean> {
  return (await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', path], account)).code === 0;
}
