/**
 * The layout as a picture in text: a staircase of subjects from the ground up, with the edges and the composition on top.
 * Each step is also the foot of a column, so a dot says two things: the row's folder uses the subject below the dot.
 */
import { placeOf } from './layout.mjs';

const legend = [
  'Floors of src, the ground last. A dot: this row imports the subject at the foot of the column.',
  'So a row shows what a folder uses, and a column who uses a subject. Tests are not counted.',
];

export function pictureOf(files, table) {
  const { subjects, edges, holds } = table;
  const folders = foldersOf(files, table);
  const wide = 2 * subjects.length + Math.max(...[...subjects, ...edges].map((name) => name.length)) + 2;
  const row = (name, label) => {
    const { count, lines, uses } = folders.get(name) ?? { count: 0, lines: 0, uses: new Set() };
    const below = subjects.includes(name) ? subjects.slice(0, subjects.indexOf(name)) : subjects;
    const dots = below.map((each) => (uses.has(each) ? '● ' : '· ')).join('');
    const figures = `${String(count).padStart(5)}${hundreds(lines).padStart(7)}`;
    return `${`${dots}${label}`.padEnd(wide)}${figures}   ${holds[name] ?? ''}`.trimEnd();
  };
  return [
    ...legend,
    '',
    `${' '.repeat(wide)}files  lines`,
    row('composition', 'src/*.ts'),
    '',
    ...edges.map((edge) => row(edge, edge)),
    '',
    ...subjects.toReversed().map((subject) => row(subject, subject)),
  ].join('\n');
}

/** By name: how many files and lines, and which subjects they use. */
function foldersOf(files, table) {
  const folders = new Map();
  for (const { path, lines, imports } of files.filter(({ isTest }) => !isTest)) {
    const name = placeOf(path, table)?.name ?? 'composition';
    const known = folders.get(name) ?? { count: 0, lines: 0, uses: new Set() };
    for (const { to } of imports) known.uses.add(to === undefined ? undefined : placeOf(to, table)?.name);
    folders.set(name, { ...known, count: known.count + 1, lines: known.lines + lines });
  }
  return folders;
}

/** Rounded, so that the picture does not change with every line. */
function hundreds(lines) {
  return (Math.max(1, Math.round(lines / 100)) * 100).toLocaleString('en');
}
