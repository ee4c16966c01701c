/**
 * Two runs at once (a test beside a demo) must not install into one folder at the same time.
 *
 * A step is a pair: is it needed, and do it. Whether it is needed is asked again once the lock is ours, because the
 * other run may have done it meanwhile. The lock is a folder with the holder's pid: a holder that is gone holds nothing.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const waitMinutes = 15;

/** @param step takes the folder, answers undefined if there is nothing to do, else the function that does it */
export async function withSetupLock(root, step) {
  if (step(root) === undefined) return;
  const path = join(root, '.data', 'setup.lock');
  await take(path);
  try {
    await step(root)?.();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

async function take(path) {
  mkdirSync(dirname(path), { recursive: true });
  const until = Date.now() + waitMinutes * 60_000;
  let told = false;
  while (!taken(path)) {
    if (isStale(path)) {
      // Moved aside rather than removed: of several that saw it stale, one succeeds.
      const aside = `${path}.${process.pid}`;
      try {
        renameSync(path, aside);
      } catch {
        continue;
      }
      rmSync(aside, { recursive: true, force: true });
      continue;
    }
    if (!told) console.error('Another run prepares this folder: waiting for it …');
    told = true;
    if (Date.now() > until)
      throw new Error(`Gave up after ${waitMinutes} minutes. If no other run is there: remove ${path}`);
    await sleep(200);
  }
}

function taken(path) {
  try {
    mkdirSync(path);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(join(path, 'pid'), String(process.pid));
  return true;
}

function isStale(path) {
  try {
    const pid = Number(readFileSync(join(path, 'pid'), 'utf8'));
    if (pid > 0) return !isAlive(pid);
  } catch {
    // Not written yet, or never: its age tells.
  }
  try {
    return Date.now() - statSync(path).mtimeMs > 10_000;
  } catch {
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
