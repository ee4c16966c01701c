/** A Redis of the test's own, that it may stop, start again empty, and hold. It keeps nothing on disk. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { freePort } from './port.ts';

export interface OwnRedis {
  readonly port: number;
  readonly url: string;
  start(): void;
  /** At once; what it held is gone. Also one that is held. */
  stop(): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
}

const settings = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'];

export async function startOwnRedis(): Promise<OwnRedis> {
  const program = process.env.REDIS_SERVER_BIN;
  assert.ok(
    program !== undefined,
    'REDIS_SERVER_BIN is not set: run the tests with npm test, where redis-server can be installed',
  );
  const port = await freePort();
  const spawned = (): ChildProcess =>
    spawn(program, ['--port', String(port), '--bind', '127.0.0.1', ...settings], { stdio: 'ignore' });
  let redis = spawned();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    start() {
      redis = spawned();
    },
    async stop() {
      if (redis.exitCode !== null || redis.signalCode !== null) return;
      const ended = new Promise((resolve) => redis.once('exit', resolve));
      redis.kill('SIGKILL');
      await ended;
    },
    signal: (signal) => void redis.kill(signal),
  };
}
