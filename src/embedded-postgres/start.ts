/**
 * PostgreSQL without an installation: a real server from the npm package's binaries, on a folder.
 *
 * Promises: the data survives whatever happens to this process or to the machine; a second start on the same folder
 * finds the same data, the same password and, if free, the same port; only 127.0.0.1 can reach it, with that password.
 * The server is in a session of its own, so Ctrl-C in a terminal ends the service first and the database after it.
 * If the service was killed, the next one adopts the server that it left running.
 */
import { spawn } from 'node:child_process';
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Access, urlOf, writeAccess } from './access-file.ts';
import { asAccount, environment, lastLines, run, said } from './command.ts';
import { freePort } from './free-port.ts';
import { type Home, prepareHome } from './home.ts';
import { initialise } from './initialise.ts';
import { takeOwnership } from './owner.ts';
import { readPidFile } from './pid-file.ts';
import { answers, findRunning } from './running-server.ts';

export interface EmbeddedOptions {
  /** A folder of its own; made if missing. */
  readonly folder: string;
  /** Insist on this port; otherwise that of the last run if free, else any free one. */
  readonly port?: number | undefined;
  /** Server settings by their PostgreSQL name, such as `fsync: 'off'` for tests. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Takes one line at a time, for people. */
  readonly log?: ((line: string) => void) | undefined;
}

export interface EmbeddedPostgres {
  /** As the superuser, to the database `postgres`. */
  readonly url: string;
  readonly port: number;
  /** Where the data lies. */
  readonly folder: string;
  readonly pid: number;
  /** Ends connections, writes everything out and stops. May be called twice. */
  stop(): Promise<void>;
}

interface Server {
  readonly port: number;
  readonly pid: number;
}

const startSeconds = 300;
const logFileBytes = 10_000_000;

export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => {});
  const folder = resolve(options.folder);
  await mkdir(folder, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  const release = await takeOwnership(folder);
  try {
    const home = await prepareHome(folder, log);
    const data = join(home.place, 'data');
    const access = await initialise(folder, home, options.settings?.fsync !== 'off');
    const running = await findRunning(data, access);
    const server = running ?? (await launch(folder, home, access, options));
    if (server.port !== access.port) await writeAccess(folder, { ...access, port: server.port });
    log(
      running === undefined
        ? `PostgreSQL runs on 127.0.0.1:${server.port}, its data in ${data}`
        : `PostgreSQL still ran on 127.0.0.1:${server.port} from before: taken over, its data in ${data}`,
    );
    let stopping: Promise<void> | undefined;
    const stop = () => {
      stopping ??= shutDown(home).finally(release);
      return stopping;
    };
    return { url: urlOf(access, server.port), port: server.port, folder: data, pid: server.pid, stop };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Starts the server, once more for what passes by itself: a port taken meanwhile, remains of a killed server. */
async function launch(folder: string, home: Home, access: Access, options: EmbeddedOptions): Promise<Server> {
  if (options.port !== undefined && (await freePort(options.port)) === undefined) {
    throw new Error(`Port ${options.port} on 127.0.0.1 is taken: the embedded PostgreSQL cannot have it.`);
  }
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort(access.port)) ?? (await freePort(null));
    if (port === undefined) throw new Error('No port on 127.0.0.1 is free for the embedded PostgreSQL.');
    const outcome = await launchOnce(folder, home, access, port, options.settings ?? {});
    if (typeof outcome !== 'string') return outcome;
    const passing = /shared memory block|Address already in use|lock file "postmaster.pid" already exists/;
    if (attempt < 20 && passing.test(outcome)) {
      await sleep(250);
      continue;
    }
    throw new Error(
      `The embedded PostgreSQL did not start on ${join(home.place, 'data')}: ${lastLines(outcome)}\n` +
        `Everything it said is in ${join(folder, 'postgres.log')}.`,
    );
  }
}

/** The server, or what it said when it ended. */
async function launchOnce(
  folder: string,
  home: Home,
  access: Access,
  port: number,
  settings: Readonly<Record<string, string>>,
): Promise<Server | string> {
  const data = join(home.place, 'data');
  const logPath = join(folder, 'postgres.log');
  const written = (await stat(logPath).catch(() => undefined))?.size ?? 0;
  if (written > logFileBytes) await rename(logPath, `${logPath}.1`);
  const from = written > logFileBytes ? 0 : written;
  const logFile = await open(logPath, 'a', 0o600);
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    ...settings,
  };
  const server = spawn(
    join(home.bin, 'postgres'),
    ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...asAccount(home.account), env: environment(), detached: true, stdio: ['ignore', logFile.fd, logFile.fd] },
  );
  let ended: string | undefined;
  server.on('error', (error) => {
    ended = error.message;
  });
  server.on('exit', (code, signal) => {
    ended = `it ended with ${signal ?? `exit code ${code}`}`;
  });
  server.unref();
  await logFile.close();

  for (const until = Date.now() + startSeconds * 1000; ended === undefined && Date.now() < until; await sleep(20)) {
    const file = await readPidFile(data);
    if (file?.pid !== server.pid || !file?.ready) continue;
    if (await answers(urlOf(access, port), data)) return { port, pid: file.pid };
  }
  if (ended === undefined) {
    await shutDown(home);
    ended = `it was not ready after ${startSeconds} seconds`;
  }
  const said = (await readFile(logPath)).subarray(from).toString();
  return `${lastLines(said)}\n${ended}`.trim();
}

/** Fast first: it waits for nothing but its own writing. If that hangs, immediate: the next start recovers. */
async function shutDown(home: Home): Promise<void> {
  const data = join(home.place, 'data');
  const stop = (mode: string, seconds: number) =>
    run(join(home.bin, 'pg_ctl'), ['stop', '-D', data, '-m', mode, '-w', '-t', String(seconds)], home.account);
  const gently = await stop('fast', 30);
  if (gently.code === 0 || (await readPidFile(data)) === undefined) return;
  const firmly = await stop('immediate', 10);
  if (firmly.code === 0 || (await readPidFile(data)) === undefined) return;
  throw new Error(`The embedded PostgreSQL on ${data} could not be stopped: ${said(firmly)}`);
}
