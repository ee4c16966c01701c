/** Folders outside of DATA_FOLDER, for when root starts the service below a folder that nobody else can enter. */
import { lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const sharedFolder = '/var/lib/vworkspace-backups';
export const temporaryFolder = join(tmpdir(), 'vworkspace-backups');

/** True if the folder is there, ours, and nobody else can put anything into it. */
export async function ownFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { recursive: true, mode: 0o755 });
    const { uid, mode } = await lstat(path);
    return uid === process.getuid?.() && (mode & 0o022) === 0;
  } catch {
    return false;
  }
}
