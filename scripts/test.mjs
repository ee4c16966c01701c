/**
 * `npm test`: everything that must hold, cheapest first, stopping at the first that does not.
 *
 *   npm test                         everything
 *   npm test -- src/a.test.ts …      only these test files, with the same PostgreSQL and Redis
 *   npm run test:long                what takes longer: test/long, one file after the other
 *   npm run test:figures             how fast, how late, how large: test/figures, one file after the other
 *
 * Tests run against the real parts: one PostgreSQL and one Redis for the whole run, both gone at its end.
 *   TEST_DATABASE_URL   the superuser's, to the database postgres; a test file makes its own database
 *   TEST_REDIS_URL      a Redis that keeps nothing; a test file uses its own prefix
 *   REDIS_SERVER_BIN    the program, for tests that stop and start a Redis of their own
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testFiles, testsIn } from './test-files.mjs';
import { startRealParts } from './test-parts.mjs';
import { runQuietly, runTests, stopChild } from './test-process.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const module = (...path) => join(root, 'node_modules', ...path);

const staticSteps = [
  { name: 'types', args: [module('typescript', 'bin', 'tsc'), '--noEmit', '-p', root] },
  {
    name: 'format and lint',
    args: [module('@biomejs', 'biome', 'bin', 'biome'), 'ci', '--colors=off', '--error-on-warnings', '.'],
  },
  {
    name: 'dead code',
    args: [module('knip', 'bin', 'knip.js'), '--no-progress', '--treat-config-hints-as-errors'],
  },
  { name: 'floors', args: [join(root, 'scripts', 'import-rules.mjs'), '--check'] },
  { name: 'subjects', args: [join(root, 'scripts', 'subjects.mjs'), '--check'] },
  { name: 'import rules', args: [join(root, 'scripts', 'check-imports.mjs')] },
  { name: 'licences of the image', args: [join(root, 'scripts', 'licences.mjs')] },
  { name: 'contract as committed', args: [join(root, 'scripts', 'generate.ts'), '--check'] },
];

const args = process.argv.slice(2);
const longer = ['long', 'figures'].find((kind) => args.includes(`--${kind}`));
const chosen = args.filter((arg) => !arg.startsWith('--'));
const ofRun = longer === undefined ? testFiles(root) : testsIn(root, `test/${longer}`);
const files = chosen.length > 0 ? chosen : ofRun;

const steps = [];
let parts;
let interrupted;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interrupted ??= signal;
    void stopChild();
  });
}

try {
  if (chosen.length === 0 && longer === undefined) {
    for (const { name, args } of staticSteps) await step(name, () => runQuietly(root, args));
  }
  if (files.length === 0) throw new Error('There are no tests.');
  await step('PostgreSQL and Redis', async () => {
    parts = await startRealParts();
    return parts.told;
  });
  await step(`tests (${files.length} ${files.length === 1 ? 'file' : 'files'})`, () =>
    runTests(root, files, parts.env, longer !== undefined),
  );
} catch (error) {
  process.exitCode = 1;
  if (interrupted === undefined) console.error(`\n${error instanceof Error ? error.message : error}`);
} finally {
  await parts?.stop();
  printTable();
  if (interrupted !== undefined) process.exitCode = interrupted === 'SIGINT' ? 130 : 143;
}

async function step(name, work) {
  if (interrupted !== undefined) throw new Error('interrupted');
  const entry = { name, outcome: 'failed', startedAt: performance.now(), seconds: 0, note: '' };
  steps.push(entry);
  console.log(`— ${name}`);
  try {
    entry.note = (await work()) ?? '';
    entry.outcome = 'ok';
  } finally {
    entry.seconds = (performance.now() - entry.startedAt) / 1000;
    if (interrupted !== undefined) entry.outcome = 'interrupted';
  }
}

function printTable() {
  const width = Math.max(...steps.map(({ name }) => name.length), 0);
  console.log('');
  for (const { name, outcome, seconds, note } of steps) {
    console.log(`  ${name.padEnd(width)}  ${`${seconds.toFixed(1)} s`.padStart(8)}  ${outcome}${note && `  ${note}`}`);
  }
  const last = steps.at(-1);
  if (last !== undefined && last.outcome !== 'ok') console.log(`\n  Stopped at: ${last.name}`);
  console.log('');
}
