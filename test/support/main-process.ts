/** `npm start` in a process of its own: what it logs, and how it ends. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { oneMachine } from './service.ts';
import { until } from './until.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface MainProcess {
  /** What it has logged and printed so far. */
  logged(): string;
  /** Resolves when it has started; its queue and its first tick come a moment later. */
  started(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with its exit code; `null` when a signal ended it. */
  ended(): Promise<number | null>;
  /** At once, and for good. */
  kill(): Promise<void>;
}

export function startMain(options: {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A module that is loaded first. */
  readonly preload?: string | undefined;
}): MainProcess {
  const preload = options.preload === undefined ? [] : ['--import', options.preload];
  const child = spawn(process.execPath, [...preload, main], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, ...cache, PORT: '0', ...oneMachine, ...options.env },
  });
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      text += chunk;
    });
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    logged: () => text,
    async started() {
      await until('the start of a process', 60, () => {
        if (hasEnded()) throw new Error(`the process ended: ${text}`);
        return text.includes('"started"');
      });
    },
    signal: (signal) => void child.kill(signal),
    async ended() {
      await until('the end of a process', 40, hasEnded);
      return exit;
    },
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

/** Processes that read the same files find them parsed. */
const cache = { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };
