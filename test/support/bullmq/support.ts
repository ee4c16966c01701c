/** What the tests of this folder share: the servers that they are given, a wire that can be cut, and bounded waiting. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { QueueConnection } from '../../../src/bullmq/queues.ts';
import { waitUntil } from '../../../src/bullmq/timers.ts';
import type { Log } from '../../../src/core/kernel/ports.ts';

export function required(name: 'TEST_DATABASE_URL' | 'TEST_REDIS_URL' | 'REDIS_SERVER_BIN'): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: run these tests with npm test`);
  return value;
}

export const uniqueName = (): string => `q${process.pid}_${Math.random().toString(36).slice(2, 8)}`;

export async function eventually(what: string, condition: () => boolean, milliseconds: number): Promise<number> {
  const began = performance.now();
  assert.ok(await waitUntil(condition, milliseconds), `${what}: not within ${milliseconds} ms`);
  return performance.now() - began;
}

export interface Lines extends Log {
  readonly lines: readonly { readonly level: string; readonly message: string; readonly text: string }[];
  /** How many lines people would see. */
  count(message?: string): number;
}

export function recordedLog(): Lines {
  const lines: { level: string; message: string; text: string }[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, message, text: `${level} ${message} ${JSON.stringify(fields)}` });
  return {
    lines,
    count: (message) =>
      lines.filter((line) => line.level !== 'debug' && (message === undefined || line.message === message)).length,
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    debug: at('debug'),
  };
}

/** A way to a server that can be cut (refuses, as after a crash) or muted (accepts and does not answer, as when stopped or cut off). */
export interface Wire {
  readonly connection: QueueConnection;
  cut(): Promise<void>;
  mute(): void;
  mend(): Promise<void>;
  remove(): Promise<void>;
}

export async function layWire(target: QueueConnection): Promise<Wire> {
  const url = new URL(target.url);
  const to = { host: url.hostname, port: Number(url.port) };
  const sockets = new Set<Socket>();
  let muted = false;
  let server: Server | undefined;
  let port = 0;
  const forward = (from: Socket, into: Socket) => {
    from.on('data', (data) => into.write(data));
    if (muted) from.pause();
  };
  const listen = async () => {
    server = createServer((near) => {
      const far = new Socket().connect(to.port, to.host);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        forward(one, other);
        one.on('error', () => {});
        one.on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
      }
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address !== null && typeof address === 'object') port = address.port;
  };
  const cut = async () => {
    const closing = server;
    server = undefined;
    if (closing === undefined) return;
    const closed = once(closing, 'close');
    closing.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await listen();
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    connection: { kind: target.kind, url: url.href },
    cut,
    mute: () => {
      muted = true;
      for (const socket of sockets) socket.pause();
    },
    async mend() {
      muted = false;
      for (const socket of sockets) socket.resume();
      if (server === undefined) await listen();
    },
    remove: cut,
  };
}

/** Another replica, in a process of its own: `replica.ts` says what it can do. Ends with the test. */
export interface Replica {
  readonly process: ChildProcess;
  readonly said: readonly string[];
}

export function startReplica(job: object): Replica {
  const script = fileURLToPath(new URL('./replica.ts', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(job)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  return { process: child, said };
}
