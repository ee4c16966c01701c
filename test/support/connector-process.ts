/** The service with the role connector in a process of its own, and what it costs by the kernel's account of it. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { oneMachine } from './service.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Of the kernel's clock; 100 a second on Linux. */
const ticksPerSecond = 100;

export interface MeasuredProcess {
  /** Resident memory, in MiB. */
  memory(): number;
  /** Used so far, in seconds. */
  cpu(): number;
  /** Open files and sockets. */
  descriptorCount(): number;
  stop(): Promise<void>;
}

export function startConnectorProcess(env: Readonly<Record<string, string>>): MeasuredProcess {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, ROLES: 'connector', PORT: '0', LOG_LEVEL: 'error', ...oneMachine, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const read = (file: string) => readFileSync(`/proc/${child.pid}/${file}`, 'utf8');
  return {
    memory: () => Number(/^VmRSS:\s+(\d+)/m.exec(read('status'))?.[1]) / 1024,
    cpu() {
      const fields = read('stat')
        .replace(/^.*\) /, '')
        .split(' ');
      return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    },
    descriptorCount: () => readdirSync(`/proc/${child.pid}/fd`).length,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
