/** Runs one test file in a copy of the tree: its result, its time, and nothing of it left behind. */
import { spawn } from 'node:child_process';

/** The static step that a change of a schema turns red: the committed contract is compared. */
export const contract = 'scripts/generate.ts';
const red = /^\s*not ok /m;

/** Ends at the first test that is red, or when its time is over. `outcome` is green, red or late. */
export function runTest(tree, file, { env, seconds, stopAtFirst }) {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const args = [
      '--disable-warning=ExperimentalWarning',
      '--test-reporter=tap',
      file,
      ...(file === contract ? ['--check'] : []),
    ];
    const child = spawn(process.execPath, args, { cwd: tree, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    let outcome;
    const end = (how) => {
      outcome ??= how;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    };
    const late = setTimeout(() => end('late'), seconds * 1000);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
        if (stopAtFirst && red.test(output)) end('red');
      });
    }
    child.on('error', reject);
    child.on('exit', (code) => end(code === 0 && !red.test(output) ? 'green' : 'red'));
    child.on('close', () => {
      clearTimeout(late);
      resolve({ outcome, seconds: (performance.now() - startedAt) / 1000, output });
    });
  });
}
