/** The work of a run, spread over the places: measures the test files, then judges the changes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { executedShare, executes, measure } from './coverage.mjs';
import { contract, runTest } from './run-test.mjs';

const longestFileSeconds = 240;
/** Of a source that a test file executes although the graph has no way to it. */
const farAway = 6;
/** Sources whose rows, with their words, are in the contract. */
const catalogue = /\/rules\/(?:broken\/)?(?:reasons|findings?|problems?|scopes|conditions|event)\.ts$/;
/** So many times likelier with each word that the two names share. */
const likeness = 2;
/** A step of a schema, which the committed contract most often shows. */
const schemaStep = /\bz\b|\.(?:min|max|regex|enum|optional|nullable|refine|meta|describe)\(/;

/** What each test file executes, as it was kept or measured now. */
export async function measureAll(places, files, coverage, told) {
  const measured = new Map();
  const missing = [];
  for (const file of files) {
    const known = coverage.of(file, readFileSync(join(places[0].tree, file), 'utf8'));
    if (known === undefined) missing.push(file);
    else measured.set(file, known);
  }
  if (missing.length > 0) told(`${missing.length} test files are measured first`);
  await spread(places, missing, async (place, file) => {
    const found = await measure(place.tree, file, place.env, longestFileSeconds);
    if (found.outcome !== 'green') {
      told(`${file} is ${found.outcome} without any change, and is left out: ${found.redTests.join('; ')}`);
      await place.tidy();
      return;
    }
    coverage.keep(file, found);
    measured.set(file, found);
  });
  return measured;
}

/** Each change with the test file that turned red, or with none. */
export async function judge(places, changes, { graph, measured, seconds, stopped, told }) {
  const judged = [];
  const killers = new Map();
  await spread(places, changes, async (place, change) => {
    if (stopped()) return;
    const { path, start, end, instead } = change;
    const file = join(place.tree, path);
    const text = readFileSync(file, 'utf8');
    const candidates = candidatesFor(change, text, { graph, measured, killers });
    let [spent, by, ran] = [0, undefined, 0];
    writeFileSync(file, text.slice(0, start) + instead + text.slice(end));
    try {
      for (const test of candidates) {
        if (by !== undefined || spent >= seconds) break;
        const usual = measured.get(test).seconds;
        const run = await runTest(place.tree, test, {
          env: place.env,
          seconds: 10 + usual * 4,
          stopAtFirst: true,
        });
        spent += run.seconds;
        ran += 1;
        if (run.outcome !== 'green') by = test;
      }
    } finally {
      writeFileSync(file, text);
      await place.tidy();
    }
    if (by !== undefined) killers.set(path, [by, ...(killers.get(path) ?? [])]);
    judged.push({ ...change, by, spent, ran, candidates: candidates.length });
    if (judged.length % 20 === 0)
      told(`${judged.length} judged, ${judged.filter((each) => each.by === undefined).length} green`);
  });
  return judged;
}

/**
 * The test files that execute the line: near ones and quick ones first, and what was red for the same file before. What
 * is said once when a file is loaded is executed by whoever imports it: of these, the ones that call most of it go first.
 */
function candidatesFor({ path, start }, text, { graph, measured, killers }) {
  const weighed = [];
  const line = text.slice(text.lastIndexOf('\n', start) + 1, text.indexOf('\n', start));
  for (const [test, found] of measured) {
    const isShown = test === contract && (schemaStep.test(line) || catalogue.test(path));
    const distance = graph.reach.get(test)?.get(path) ?? (path in found.sources ? farAway : undefined);
    if (distance === undefined) continue;
    const answer = executes(found, path, text, start);
    // A program that the test starts is measured only where it inherits the environment.
    if (answer === 'no' && path in found.sources) continue;
    const killed = (killers.get(path) ?? []).filter((by) => by === test).length;
    const doubt = answer === 'yes' ? 1 : 4;
    const likely = (1 + killed) * likeness ** sharedWords(test, path) * (isOwn(test, path) ? 100 : 1);
    const use = isShown ? 1 : 0.05 + executedShare(found, path, text) ** 2;
    const way = isShown ? 1 : 1 + distance;
    weighed.push({ test, weight: ((found.seconds + 0.3) * doubt * way) / (likely * use) });
  }
  return weighed.sort((a, b) => a.weight - b.weight).map(({ test }) => test);
}

/** The file's own test, whatever it takes: `x.test.ts` and `x.more.test.ts` beside `x.ts`. */
function isOwn(test, path) {
  return test.startsWith(path.replace(/ts$/, '')) && test.endsWith('.test.ts');
}

/** By their beginnings: a delivery is of deliveries. */
function sharedWords(test, path) {
  const words = (name) => new Set(name.match(/[a-z]{4,}/g)?.map((word) => word.slice(0, 6)));
  return words(test).intersection(words(path)).size;
}

/** Each item in turn, in the place that is free next. */
async function spread(places, items, work) {
  const left = [...items].reverse();
  await Promise.all(
    places.map(async (place) => {
      for (let item = left.pop(); item !== undefined; item = left.pop()) await work(place, item);
    }),
  );
}
