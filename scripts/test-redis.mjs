/**
 * A real Redis for tests. There is no npm package of one, so it comes from the machine: the program if it is there,
 * else Debian's package where we may install it, else the Redis that REDIS_URL names.
 */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const startSeconds = 15;

/** The program; undefined if the Redis of REDIS_URL is to be used. */
export function findRedis() {
  const there = which('redis-server');
  if (there !== undefined) return there;
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const mayInstall =
    existsSync('/usr/bin/apt-get') && spawnSync(asRoot[0] ?? 'true', asRoot.slice(1).concat('true')).status === 0;
  const said = mayInstall ? installRedis(asRoot) : '';
  const installed = which('redis-server');
  if (installed !== undefined) return installed;
  if (process.env.REDIS_URL) return undefined;
  throw new Error(
    `${said}The tests need Redis: install it (apt-get install redis-server, brew install redis), or set REDIS_URL to one that may be emptied.`,
  );
}

function which(program) {
  for (const folder of (process.env.PATH ?? '').split(delimiter).concat('/usr/bin', '/usr/local/bin')) {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return join(folder, program);
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** Installs the program without its service: the policy keeps it from being started, and it is not enabled for later. */
function installRedis(asRoot) {
  console.log('  Redis is missing: installing the package redis-server …');
  const script = `
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
      trap 'rm -f "$policy"' EXIT
      printf '#!/bin/sh\\nexit 101\\n' > "$policy"
      chmod 755 "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    install() { apt-get install -y --no-install-recommends redis-server; }
    install || { apt-get update && install; } || exit 1
    systemctl disable redis-server || update-rc.d redis-server disable || true`;
  const [command, ...args] = [...asRoot, 'sh', '-c', script];
  const answer = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return answer.status === 0 ? '' : `${answer.stdout}${answer.stderr}\n`;
}

export async function startRedis(program, folder) {
  const port = await freePort();
  const options = { save: '', appendonly: 'no', 'maxmemory-policy': 'noeviction', databases: '64', bind: '127.0.0.1' };
  const args = Object.entries({ ...options, port: String(port), dir: folder }).flatMap(([name, value]) => [
    `--${name}`,
    value,
  ]);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  child.on('error', (error) => (output += error.message));

  for (const until = Date.now() + startSeconds * 1000; !(await answers(port)); await sleep(20)) {
    if (child.exitCode === null && child.pid !== undefined && Date.now() < until) continue;
    child.kill('SIGKILL');
    throw new Error(`Redis did not start on port ${port}: ${output.trim().split('\n').slice(-5).join('\n')}`);
  }
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return { url: `redis://127.0.0.1:${port}`, stop };
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(1_000, () => socket.destroy());
    socket.once('data', (reply) => {
      resolve(reply.toString().startsWith('+PONG'));
      socket.destroy();
    });
    socket.once('error', () => {});
    socket.once('close', () => resolve(false));
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
