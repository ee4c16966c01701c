/**
 * What each test file executes, measured once with V8's own coverage and kept between runs in node_modules/.cache.
 *
 * What is kept of a test file holds as long as its text; what is kept of a source that it executes, as long as the
 * source's. Where a source has changed since, the test counts as one that may execute any of it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTest } from './run-test.mjs';

const hashOf = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16);

export function openCoverage(file) {
  let known = {};
  try {
    known = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Nothing has been measured yet.
  }
  return {
    /** Undefined where the test file has to be measured. */
    of: (path, text) => (known[path]?.hash === hashOf(text) ? known[path] : undefined),
    keep(path, measured) {
      known[path] = measured;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify(known));
    },
  };
}

/** Runs the test file in the copy of the tree, as it is. */
export async function measure(tree, path, env, seconds) {
  const folder = mkdtempSync(join(env.TMPDIR, 'coverage-'));
  try {
    const run = await runTest(tree, path, { env: { ...env, NODE_V8_COVERAGE: folder }, seconds, stopAtFirst: false });
    const sources = {};
    for (const name of readdirSync(folder)) addReport(sources, tree, join(folder, name));
    return {
      hash: hashOf(readFileSync(join(tree, path), 'utf8')),
      outcome: run.outcome,
      seconds: run.seconds,
      sources,
      redTests: [...run.output.matchAll(/^\s*not ok \d+ - (.+)$/gm)].map(([, name]) => name),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function addReport(sources, tree, file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // A process that was killed left it unfinished.
    return;
  }
  for (const { url, functions } of report.result) {
    if (!url.startsWith('file://')) continue;
    const path = relative(tree, fileURLToPath(url));
    if (!path.startsWith('src/')) continue;
    const known = sources[path] ?? { hash: hashOf(readFileSync(join(tree, path), 'utf8')), executed: [] };
    sources[path] = { ...known, executed: union(known.executed, executedIn(functions)) };
  }
}

/** Pieces [from, to) that were executed, as a flat list. The innermost range decides. */
function executedIn(functions) {
  const ranges = functions
    .flatMap(({ ranges }) => ranges)
    .sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
  const edges = [...new Set(ranges.flatMap(({ startOffset, endOffset }) => [startOffset, endOffset]))].sort(
    (a, b) => a - b,
  );
  const pieces = [];
  const open = [];
  let next = 0;
  for (const [index, from] of edges.entries()) {
    while (open.length > 0 && open.at(-1).endOffset <= from) open.pop();
    while (ranges[next]?.startOffset === from) open.push(ranges[next++]);
    while (open.length > 0 && open.at(-1).endOffset <= from) open.pop();
    const to = edges[index + 1];
    if (to !== undefined && (open.at(-1)?.count ?? 0) > 0) pieces.push(from, to);
  }
  return pieces;
}

function union(one, other) {
  const pieces = [];
  for (let at = 0; at < one.length; at += 2) pieces.push([one[at], one[at + 1]]);
  for (let at = 0; at < other.length; at += 2) pieces.push([other[at], other[at + 1]]);
  const joined = [];
  for (const [from, to] of pieces.sort((a, b) => a[0] - b[0])) {
    if (joined.length > 0 && from <= joined.at(-1)) joined[joined.length - 1] = Math.max(joined.at(-1), to);
    else joined.push(from, to);
  }
  return joined;
}

/** Whether what was measured says that the place is executed: yes, no, or unknown. */
export function executes(measured, path, text, at) {
  const source = measured.sources[path];
  if (source === undefined) return 'no';
  if (source.hash !== hashOf(text)) return 'unknown';
  for (let piece = 0; piece < source.executed.length; piece += 2)
    if (at >= source.executed[piece] && at < source.executed[piece + 1]) return 'yes';
  return 'no';
}

/** About how much of the source the test executes, from 0 to 1, also where the source has changed since. */
export function executedShare(measured, path, text) {
  const source = measured.sources[path];
  if (source === undefined) return 1;
  let length = 0;
  for (let piece = 0; piece < source.executed.length; piece += 2)
    length += source.executed[piece + 1] - source.executed[piece];
  return Math.min(1, length / text.length);
}
