/**
 * Runs one command to its end, as another account if asked, and never throws: the answer holds what it said.
 * The environment is a short list, so that neither our secrets nor somebody's PGHOST reach PostgreSQL.
 */
import { spawn } from 'node:child_process';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface Answer {
  /** The exit code; null if the command could not be started or was ended by its time limit. */
  readonly code: number | null;
  /** Both streams, trimmed. */
  readonly output: string;
}

const passedOn = ['PATH', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH'];

export function environment(): Record<string, string> {
  const kept = Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && passedOn.includes(name) ? [[name, value] as const] : [],
  );
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' };
}

/** Spawn options that make a child run as the account. The folder is one that every account can enter. */
export function asAccount(account: Account | undefined): { cwd: string; uid?: number; gid?: number } {
  return account === undefined ? { cwd: '/' } : { cwd: '/', uid: account.uid, gid: account.gid };
}

export function run(
  command: string,
  args: readonly string[],
  account: Account | undefined,
  limitSeconds = 120,
): Promise<Answer> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      ...asAccount(account),
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C in a terminal reaches the whole foreground group: what we run is not part of it.
      detached: true,
    });
    // Not the option `timeout` of spawn: its timer outlives a command that could not be started.
    const limit = setTimeout(() => child.kill('SIGKILL'), limitSeconds * 1000);
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const end = (answer: Answer) => {
      clearTimeout(limit);
      resolve(answer);
    };
    child.on('error', (error) => end({ code: null, output: error.message }));
    child.on('close', (code) => end({ code, output: output.trim() }));
  });
}

/** The last lines of what a command said, for an error's text. */
export function said(answer: Answer): string {
  return lastLines(answer.output) || `exit code ${answer.code}`;
}

export function lastLines(text: string, count = 8): string {
  return text.trim().split('\n').slice(-count).join('\n');
}
