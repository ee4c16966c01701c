/**
 * `node scripts/run.mjs <what> [arguments]`: what every npm script calls, on a clean clone as on a prepared one.
 *
 * Promises: whatever Node runs this (18 or newer), what is missing is installed first, and the work itself runs on the
 * Node that package.json pins. It ends with the exit code of the work. Plain JavaScript without dependencies, since it
 * runs before there are any.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDependencies } from './install.mjs';
import { pinnedNode } from './pinned-node.mjs';
import { generatePrismaClient } from './prisma-client.mjs';
import { runToEnd } from './run-to-end.mjs';
import { withSetupLock } from './setup-lock.mjs';

const scripts = {
  setup: undefined,
  start: 'src/main.ts',
  demo: 'scripts/demo.ts',
  test: 'scripts/test.mjs',
  kubernetes: 'scripts/kubernetes.mjs',
  mutation: 'scripts/mutation/main.mjs',
  bench: 'bench/main.ts',
  generate: 'scripts/generate.ts',
  simulator: 'simulator/main.ts',
  'database-of': 'scripts/database-of.ts',
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [what, ...args] = process.argv.slice(2);

if (what === undefined || !(what in scripts)) {
  console.error(`Usage: node scripts/run.mjs ${Object.keys(scripts).join(' | ')} [arguments]`);
  process.exit(2);
}

try {
  await withSetupLock(root, installDependencies);
  const node = pinnedNode(root);
  await withSetupLock(root, (folder) => generatePrismaClient(folder, node));
  const script = scripts[what];
  if (script !== undefined) process.exitCode = await runToEnd(node, join(root, script), args);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
