/**
 * The database folder, made once.
 *
 * A folder is made beside its place and renamed into it, so `data` is whole or absent, whenever we are killed.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Access, readAccess, writeAccess } from './access-file.ts';
import { run, said } from './command.ts';
import type { Home } from './home.ts';
import { codeOf } from './owner.ts';

const majorVersion = '18';

/** Makes the database folder if there is none. Time is UTC, text UTF-8, order the same on every machine. */
export async function initialise(folder: string, home: Home, durable: boolean): Promise<Access> {
  const data = join(home.place, 'data');
  const version = await readFile(join(data, 'PG_VERSION'), 'utf8').catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
    return undefined;
  });
  const known = await readAccess(folder);
  if (version !== undefined) {
    if (version.trim() !== majorVersion) {
      throw new Error(
        `The folder ${data} was written by PostgreSQL ${version.trim()}, and this is PostgreSQL ${majorVersion}.\n` +
          'Carry the data over with the older version and pg_dump, or choose another DATA_FOLDER.',
      );
    }
    if (known !== undefined) return known;
    throw new Error(
      `The password of the embedded PostgreSQL is lost: ${join(folder, 'access.json')} is missing.\n` +
        'Bring that file back, or remove the whole folder to start with an empty database.',
    );
  }

  // An initdb that outlived its service may still be writing to what is removed here.
  for (const name of (await readdir(home.place)).filter((name) => name.startsWith('data.partial-'))) {
    await rm(join(home.place, name), { recursive: true, force: true, maxRetries: 10 }).catch(() => {});
  }
  const access = { password: randomBytes(24).toString('base64url'), port: null };
  const draft = join(home.place, `data.partial-${randomUUID()}`);
  const cluster = join(draft, 'data');
  const passwordFile = join(draft, 'password');
  await mkdir(cluster, { recursive: true, mode: 0o700 });
  await writeFile(passwordFile, access.password, { mode: 0o600 });
  const { account } = home;
  if (account !== undefined) {
    await chmod(draft, 0o711);
    await Promise.all([cluster, passwordFile].map((path) => chown(path, account.uid, account.gid)));
  }
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const answer = await run(
    join(home.bin, 'initdb'),
    [
      `--pgdata=${cluster}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      ...locale,
    ].concat(durable ? [] : ['--no-sync']),
    account,
  );
  if (answer.code !== 0) {
    await rm(draft, { recursive: true, force: true });
    throw new Error(`The embedded PostgreSQL could not make its database in ${home.place}: ${said(answer)}`);
  }
  await writeAccess(folder, access);
  await rename(cluster, data);
  await rm(draft, { recursive: true, force: true });
  return access;
}
