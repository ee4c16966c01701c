/** Which test files reach which source files: by what they import, and by the programs that they start. */
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { readSources } from '../source-files.mjs';

const folders = ['src', 'simulator', 'test', 'scripts'];
const started = /new URL\(\s*'([^']+\.(?:ts|mjs))',\s*import\.meta\.url\s*\)/g;
/** The service is started by its path from the root. */
const rootPath = /'((?:src|simulator|test|scripts)\/[\w/.-]+\.(?:ts|mjs))'/g;

/** The sources below `src`, and of each test file a map from the source to its distance, in imports. */
export function readGraph(root, testFiles) {
  const sources = folders.flatMap((folder) => readSources(root, folder, ['.ts', '.mjs']));
  const edges = new Map(sources.map((source) => [source.path, edgesOf(root, source)]));
  const reach = new Map(testFiles.map((file) => [file, distances(file, edges)]));
  const paths = sources.filter(({ path, isTest }) => path.startsWith('src/') && !isTest).map(({ path }) => path);
  // Plain JavaScript has no types that a change could break.
  const importers = (path) =>
    sources
      .filter((source) => !source.isTest && source.path.endsWith('.ts'))
      .filter((source) => source.imports.some(({ to }) => to === path))
      .map((source) => source.path);
  return { files: testFiles, paths, reach, importers };
}

function edgesOf(root, { path, imports }) {
  const text = readFileSync(join(root, path), 'utf8');
  const programs = [...text.matchAll(started)].map(([, to]) => posix.join(posix.dirname(path), to));
  const named = path.startsWith('test/') ? [...text.matchAll(rootPath)].map(([, to]) => to) : [];
  const imported = imports.flatMap(({ to }) => to ?? []);
  return [...new Set([...imported, ...programs, ...named])].filter((to) => existsSync(join(root, to)));
}

function distances(from, edges) {
  const found = new Map([[from, 0]]);
  const queue = [from];
  for (const path of queue) {
    for (const to of edges.get(path) ?? []) {
      if (found.has(to)) continue;
      found.set(to, (found.get(path) ?? 0) + 1);
      queue.push(to);
    }
  }
  return found;
}
