/** A program of the laboratory that runs beside us: its output in a file, its end noticed, nothing left when we end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Running {
  readonly name: string;
  readonly logFile: string;
  hasEnded(): boolean;
  /** SIGTERM, and SIGKILL for what has not ended in ten seconds; or the signal that is given, at once. */
  stop(signal?: 'SIGKILL'): Promise<void>;
}

export interface Launch {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
}

const politeSeconds = 10;
const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

export function launch({ name, file, args, logFile, env = {} }: Launch): Running {
  const log = openSync(logFile, 'a');
  const child = spawn(file, args, { stdio: ['ignore', log, log], env: { PATH: process.env.PATH, ...env } });
  closeSync(log);
  alive.add(child);
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  }).then(() => void alive.delete(child));
  return {
    name,
    logFile,
    hasEnded: () => !alive.has(child),
    async stop(signal) {
      child.kill(signal ?? 'SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), politeSeconds * 1000);
      await ended;
      clearTimeout(late);
    },
  };
}

/** Until the look succeeds; fails with the end of the program's log when it has ended, or not within the bound. */
export async function untilReady(running: Running, seconds: number, look: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await look().catch(() => false))) {
    const why = running.hasEnded()
      ? 'has ended'
      : performance.now() > deadline
        ? `is not ready after ${seconds} s`
        : undefined;
    if (why !== undefined) throw new Error(`${running.name} ${why}:\n${lastLines(running.logFile)}`);
    await sleep(100);
  }
}

function lastLines(logFile: string, count = 8): string {
  return readFileSync(logFile, 'utf8').trim().split('\n').slice(-count).join('\n');
}

/** Taken and let go at once, on loopback: nothing else here takes ports of its own choice meanwhile. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
