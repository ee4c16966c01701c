/** The processes of a test run, one at a time: their output, their result, and their end when the run is interrupted. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Twice the cores where CI runs: a third of the files' time is waiting. */
const usual = { fileSeconds: 240, atOnce: 4 };
/** One file after the other: they measure how late things are. What repeats something at random can be made longer. */
const longer = { fileSeconds: 420 * Number(process.env.TEST_SCALE ?? 1), atOnce: 1 };
let current;

/** Runs Node with the arguments. What it prints is shown only if it fails. */
export async function runQuietly(root, args) {
  const { code, output } = await run(root, args, process.env, () => {});
  if (code !== 0) throw new Error(output.trim() || `ended with exit code ${code}`);
}

/** Runs all the test files in one go, so that the closing lines count all of them. */
export async function runTests(root, files, parts, long) {
  const { fileSeconds, atOnce } = long ? longer : usual;
  const env = { ...process.env, ...parts, NODE_ENV: 'test' };
  // Hundreds of processes read the same files: all but the first find them parsed, which halves the time of a start.
  env.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'node');
  // What configures a service of one's own must not leak into a test.
  for (const name of ['DATABASE_URL', 'REDIS_URL', 'DATA_FOLDER', 'ROLES', 'HOST', 'PORT', 'ADMIN_API_KEY'])
    delete env[name];
  if (process.stdout.isTTY && env.NO_COLOR === undefined) env.FORCE_COLOR ??= '1';
  const flags = [
    '--disable-warning=ExperimentalWarning',
    '--test',
    `--test-concurrency=${atOnce}`,
    '--test-reporter=spec',
  ];
  const args = [...flags, `--test-timeout=${fileSeconds * 1000}`, ...files];
  const { code, output } = await run(root, args, env, (chunk) => process.stdout.write(chunk));
  const count = (name) => Number(new RegExp(`^\\S+ ${name} (\\d+)$`, 'gm').exec(closingLines(output))?.[1] ?? 0);
  const told = `${count('pass')} passed, ${count('fail') + count('cancelled')} failed, ${count('skipped')} skipped`;
  if (code !== 0) throw new Error(told);
  if (count('pass') === 0) throw new Error('No test ran.');
  return told;
}

function closingLines(output) {
  const text = stripVTControlCharacters(output);
  return text.slice(Math.max(0, text.search(/^\S+ tests \d+$/m)));
}

function run(root, args, env, show) {
  return new Promise((resolve, reject) => {
    // A group of its own: its end takes along whatever a broken test left behind.
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    current = child;
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
        show(chunk);
      });
    }
    child.on('error', reject);
    child.on('exit', () => endGroup(child.pid, 'SIGKILL'));
    child.on('close', (code) => {
      current = undefined;
      resolve({ code, output });
    });
  });
}

/** Ends what runs now: politely, and after ten seconds for good. */
export async function stopChild() {
  const child = current;
  if (child === undefined) return;
  child.kill('SIGTERM');
  const late = setTimeout(() => endGroup(child.pid, 'SIGKILL'), 10_000);
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(late);
}

function endGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing is left of it.
  }
}
