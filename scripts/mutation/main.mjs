/**
 * `npm run test:mutation`: changes the sources one small change at a time, and counts how many turn a test red. What
 * stays green is listed: a line whose guarantee no test holds.
 *
 *   --count 300      how many changes, half of them in rules
 *   --seed 7         draws the same changes again; without it a new one, which is printed
 *   --only <text>    only sources whose path contains it
 *   --tests <text>   only test files whose path contains it, and the contract
 *   --seconds 60     at most so long for the tests of one change; what is still green then counts as green
 *
 * Changes are drawn by line, each line once, and must compile. The tests run in copies of the tree, two at once, with a
 * PostgreSQL and a Redis each: of each change the test files that execute the line, the likeliest and cheapest first,
 * until one is red. scripts/mutation/equivalents.json lists changes that change nothing, with reasons; they do not count.
 * The first run measures what each test file executes, which takes as long as the tests; it is kept for the next.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { testFiles } from '../test-files.mjs';
import { openCompiler } from './compiler.mjs';
import { openCoverage } from './coverage.mjs';
import { draw, readEquivalents } from './draw.mjs';
import { readGraph } from './graph.mjs';
import { openPlace } from './place.mjs';
import { report } from './report.mjs';
import { contract } from './run-test.mjs';
import { judge, measureAll } from './work.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '300' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    only: { type: 'string', default: '' },
    tests: { type: 'string', default: '' },
    seconds: { type: 'string', default: '60' },
    'at-once': { type: 'string', default: String(Math.max(1, Math.min(4, availableParallelism()))) },
  },
});
const startedAt = performance.now();
const told = (words) => console.log(`${((performance.now() - startedAt) / 60_000).toFixed(1)} min  ${words}`);
const folder = mkdtempSync(join(tmpdir(), 'vworkspace-mutation-'));
const places = [];
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => (interrupted = true));

try {
  told(`seed ${values.seed}, ${values.count} changes`);
  const graph = readGraph(
    root,
    [contract, ...testFiles(root)].filter((file) => file === contract || file.includes(values.tests)),
  );
  const original = await openPlace(root, join(folder, 'original'), false);
  const compiler = openCompiler(original.tree, graph.importers);
  const changes = draw(
    compiler,
    graph.paths.filter((path) => path.includes(values.only)),
    {
      count: Number(values.count),
      seed: Number(values.seed),
      equivalents: readEquivalents(),
      read: (path) => readFileSync(join(root, path), 'utf8'),
    },
  );
  compiler.close();
  told(`${changes.length} changes drawn, all of which compile`);

  const atOnce = Number(values['at-once']);
  for (let n = 1; n <= atOnce; n += 1) places.push(await openPlace(root, join(folder, `place-${n}`), true));
  const coverage = openCoverage(join(root, 'node_modules', '.cache', 'mutation', 'coverage.json'));
  const wanted = graph.files.filter((file) => changes.some(({ path }) => graph.reach.get(file)?.has(path)));
  const measured = await measureAll(places, wanted, coverage, told);
  const judged = await judge(places, changes, {
    graph,
    measured,
    seconds: Number(values.seconds),
    stopped: () => interrupted,
    told,
  });
  console.log(report(judged, { seed: values.seed, minutes: (performance.now() - startedAt) / 60_000 }));
} finally {
  for (const place of places) await place.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}
