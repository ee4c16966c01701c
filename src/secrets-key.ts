/** The key that seals what is secret at rest: given by the environment, or a file of its own in the data folder. */
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const fileName = 'secrets.key';

/** Reads the key file, and makes it first if there is none. Two processes that start at once get the same key. */
export async function secretsKeyFile(folder: string): Promise<Buffer> {
  const file = join(folder, fileName);
  await mkdir(folder, { recursive: true });
  const known = await readKey(file);
  if (known !== undefined) return known;
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  // A link fails when the name is taken, so the first writer wins and nobody sees half a file.
  await link(draft, file).catch(() => undefined);
  await unlink(draft);
  const made = await readKey(file);
  if (made === undefined) throw new Error(`The key file ${file} could not be written.`);
  return made;
}

async function readKey(file: string): Promise<Buffer | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== 32)
    throw new Error(
      `The key file ${file} does not hold 32 bytes in base64. Restore it from where it is kept safe: without it no cluster's credentials can be read.`,
    );
  return key;
}
