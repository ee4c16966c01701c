/** The Go command: where it is, how it is called, and its progress told while it works. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { availableParallelism, constants, setPriority } from 'node:os';

const places = ['go', '/usr/local/go/bin/go', '/usr/lib/go/bin/go', '/opt/homebrew/bin/go'];

export interface Go {
  readonly command: string;
  /** Such as go1.26.8. */
  readonly version: string;
}

export interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The modules need Go 1.26. Undefined where there is none. */
export function findGo(): Go | undefined {
  for (const command of places) {
    const answer = spawnSync(command, ['env', 'GOVERSION'], { encoding: 'utf8' });
    if (answer.status === 0) return { command, version: answer.stdout.trim() };
  }
  return undefined;
}

const running = new Set<ChildProcess>();

/** Ends the builds that are under way; a compiler that runs ends by itself, some seconds later. */
export function stopGo(): void {
  for (const child of running) child.kill('SIGTERM');
}

/** At the lowest priority, since it takes a quarter of an hour and more; `heard` gets each line of its second output. */
export function runGo(
  go: Go,
  folder: string,
  args: readonly string[],
  heard: (line: string) => void = () => undefined,
): Promise<Answer> {
  const env = { ...process.env, GOFLAGS: '-mod=mod -buildvcs=false', GOWORK: 'off', CGO_ENABLED: '0' };
  const child = spawn(go.command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  let stdout = '';
  let stderr = '';
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) heard(line);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code, stdout, stderr });
    });
  });
}

/** How many compilers at once: all cores, since they give way to everything else. */
export const compilers = String(Math.max(1, Math.min(4, availableParallelism())));
