/** Starts another replica in a process of its own, which a test can kill. `replica.ts` is what runs there. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Replica {
  readonly process: ChildProcess;
  /** The lines that it has printed. */
  readonly said: readonly string[];
}

export function startReplica(job: object): Replica {
  const script = fileURLToPath(new URL('./replica.ts', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(job)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  return { process: child, said };
}
