/**
 * What is wrong with the layout of the source, a line each: where it is, what it is, and what to do. Biome knows imports
 * by how they are spelled (scripts/import-rules.mjs); here each is followed to the file that it means, so that no detour
 * (`../core/../http/a.ts`) and no folder without a rule gets past. Circles of files are Biome's (`noImportCycles`).
 */
export const limits = { filesInFolder: 20, usualLines: 120, lines: 300 };

/** Biome looks for circles in statements only. */
const inlineAdvice = 'a type inside an expression hides from the check for circles; write import type.';

/** Where a file stands: in a subject, in an edge, in the composition, or beside it. Undefined where the table has no name. */
export function placeOf(path, { subjects, edges, composition }) {
  const [top, folder, subject, inside] = path.split('/');
  if (top !== 'src') return { kind: 'around' };
  if (subject === undefined) return { kind: composition.includes(folder) ? 'composition' : 'beside' };
  if (folder !== 'core') return edges.includes(folder) ? { kind: 'edge', name: folder } : undefined;
  if (inside === undefined) return /^catalogue\b/.test(subject) ? { kind: 'catalogue' } : undefined;
  return subjects.includes(subject) ? { kind: 'subject', name: subject, isRule: inside === 'rules' } : undefined;
}

/** Files that stand in no named place, and imports that lead where they must not. */
export function misplaced(files, table) {
  return files.flatMap((file) => {
    const from = placeOf(file.path, table);
    if (from === undefined) {
      return [`${file.path} stands in a folder that is neither a subject nor an edge: name it in scripts/floors.mjs.`];
    }
    return file.imports.flatMap(({ specifier, line, to, inline }) => {
      const place = to === undefined ? undefined : placeOf(to, table);
      const advice = inline ? inlineAdvice : place === undefined ? undefined : adviceOn(file, from, place, table);
      return advice === undefined ? [] : [`${file.path}:${line} imports ${specifier}: ${advice}`];
    });
  });
}

function adviceOn(file, from, to, table) {
  if (to.kind === 'around') {
    return file.isTest
      ? undefined
      : 'the service knows nothing of what is built around it; move into src what it needs.';
  }
  if (from.kind === 'edge') {
    if (to.kind === 'edge' && to.name !== from.name)
      return 'edges never import each other; what they share goes through src/core.';
    if (to.kind === 'composition') return 'the composition is above the edges; let context.ts hand in what is needed.';
  }
  if (from.kind === 'catalogue') {
    return to.kind === 'subject' || to.kind === 'catalogue'
      ? undefined
      : 'the catalogue puts together what subjects declare, and imports nothing else.';
  }
  if (from.kind !== 'subject') return undefined;
  if (to.kind === 'catalogue') return 'the catalogue is above all subjects; declare the row in your own folder.';
  if (to.kind !== 'subject')
    return `core imports nothing outside of src/core; name a port in src/core/${from.name}/ports.ts.`;
  if (to.name !== from.name && !table.below(from.name).includes(to.name))
    return `${to.name} is a floor above ${from.name}; move down what both need, or take it as a parameter.`;
  if (from.isRule && !to.isRule)
    return 'rules import only rules; move a type that they share into rules, or take the value as a parameter.';
  return undefined;
}

/** Files and folders that a page names, between backticks and from the root, and that are not there. */
export function misnamed(page, text, around, exists) {
  const named = text.matchAll(new RegExp(`\`((?:src|docs|prisma|${around.join('|')})/[\\w./-]+)\``, 'g'));
  const gone = [...new Set([...named].map(([, path]) => path))].filter((path) => !exists(path));
  return gone.map((path) => `${page} names ${path}, which is not there: name the file that holds it now.`);
}

/** Folders and files that are too large to be read at a glance. */
export function oversized(sources, others) {
  const folders = Map.groupBy(sources, ({ path }) => path.slice(0, path.lastIndexOf('/')));
  const full = [...folders].filter(([, inside]) => inside.length > limits.filesInFolder);
  const long = [...sources, ...others].filter(({ lines }) => lines > limits.lines);
  return [
    ...full.map(
      ([folder, inside]) =>
        `${folder} holds ${inside.length} files at one level, ${limits.filesInFolder} at most: give some a folder of their own.`,
    ),
    ...long.map(({ path, lines }) => `${path} has ${lines} lines, ${limits.lines} at most: split it by what it does.`),
    ...tooLongOnTheWhole(sources.filter(({ isTest }) => !isTest)),
  ];
}

function tooLongOnTheWhole(sources) {
  const short = sources.filter(({ lines }) => lines < limits.usualLines).length;
  if (short * 2 >= sources.length) return [];
  return [
    `src has ${short} of ${sources.length} files under ${limits.usualLines} lines, half of them at least: split some of the longer ones.`,
  ];
}
