/**
 * Where the databases of a test run lie: in memory where the machine has room for them. A database is made for nearly
 * every test file, which is some 400 files of a disk: 400 ms each time on a slow one, 25 ms in memory.
 */
import { mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

const memory = '/dev/shm';
/** More than a run has ever used, several times. */
const enoughBytes = 6 * 2 ** 30;
/** Containers may share the memory, but neither their names nor the numbers of their processes. */
const prefix = `vworkspace-test-${hostname()}-`;

/** An empty folder, named after this process. What killed runs have left in memory is removed first. */
export function makeDatabaseFolder(place = memory): string {
  for (const left of abandonedIn(place)) rmSync(left, { recursive: true, force: true });
  return mkdtempSync(join(hasRoom(place) ? place : tmpdir(), `${prefix}${process.pid}-`));
}

function hasRoom(place: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(place);
    return bavail * bsize >= enoughBytes;
  } catch {
    return false;
  }
}

function abandonedIn(place: string): string[] {
  try {
    return readdirSync(place)
      .filter((name) => name.startsWith(prefix) && !runs(Number.parseInt(name.slice(prefix.length), 10)))
      .map((name) => join(place, name));
  } catch {
    return [];
  }
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
