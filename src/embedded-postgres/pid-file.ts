/** The file postmaster.pid, which a running PostgreSQL keeps in its database folder. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the server's own pid file says. */
export interface PidFile {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

export async function readPidFile(data: string): Promise<PidFile | undefined> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port, ready: lines[7]?.trim() === 'ready' };
}
