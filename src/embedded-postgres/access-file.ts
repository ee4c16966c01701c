/** The password and the last port of the embedded PostgreSQL, in the file access.json beside its data. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** How to reach the server; kept in a file that only its owner reads. */
export const Access = z.object({ password: z.string(), port: z.number().int().nullable() });
export type Access = z.infer<typeof Access>;

export async function readAccess(folder: string): Promise<Access | undefined> {
  const text = await readFile(join(folder, 'access.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Access.parse(JSON.parse(text));
}

export async function writeAccess(folder: string, access: Access): Promise<void> {
  const draft = join(folder, `access.json.${randomUUID()}`);
  await writeFile(draft, JSON.stringify(access), { mode: 0o600, flush: true });
  await rename(draft, join(folder, 'access.json'));
}

export function urlOf(access: Access, port: number): string {
  return `postgresql://postgres:${access.password}@127.0.0.1:${port}/postgres`;
}
