/**
 * The layout of src: draws it, and holds it. The table is scripts/floors.mjs.
 *
 *   node scripts/subjects.mjs            prints the picture of floors
 *   node scripts/subjects.mjs --write    puts it into ARCHITECTURE.md, between the two markers
 *   node scripts/subjects.mjs --check    changes nothing; prints a line for each violation and ends with 1 if there is one:
 *                                        an import that leads where it must not, a size over the limits, an old picture,
 *                                        a page that names a file that is not there
 *   … --root=<folder>                    looks at another tree, by that tree's own scripts/floors.mjs
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { misnamed, misplaced, oversized } from './layout.mjs';
import { pictureOf } from './layout-picture.mjs';
import { readSources } from './source-files.mjs';

const { values: asked } = parseArgs({
  options: { write: { type: 'boolean' }, check: { type: 'boolean' }, root: { type: 'string' } },
});
const root = resolve(asked.root ?? dirname(dirname(fileURLToPath(import.meta.url))));
const page = join(root, 'ARCHITECTURE.md');
const [start, end] = ['<!-- picture of floors: scripts/subjects.mjs --write -->', '<!-- end of the picture -->'];

const table = await import(pathToFileURL(join(root, 'scripts', 'floors.mjs')).href);
const sources = readSources(root, 'src');
const picture = pictureOf(sources, table);

if (asked.check) {
  const others = table.around.flatMap((folder) => readSources(root, folder, ['.ts', '.mjs']));
  const violations = [...misplaced(sources, table), ...oversized(sources, others), ...outdated(), ...misnamedInPages()];
  for (const violation of violations) console.error(violation);
  if (violations.length > 0) process.exitCode = 1;
} else if (asked.write) {
  writeFileSync(page, withPicture(readFileSync(page, 'utf8')));
} else {
  console.log(picture);
}

function outdated() {
  const committed = readFileSync(page, 'utf8');
  return committed === withPicture(committed)
    ? []
    : ['ARCHITECTURE.md shows an older picture of the floors: run node scripts/subjects.mjs --write.'];
}

/** ADRs are left out: they may name what stood there when they were written. */
function misnamedInPages() {
  return readdirSync(root)
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) =>
      misnamed(name, readFileSync(join(root, name), 'utf8'), table.around, (path) => existsSync(join(root, path))),
    );
}

function withPicture(text) {
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`ARCHITECTURE.md needs the lines "${start}" and "${end}".`);
  return `${text.slice(0, from)}${start}\n\n\`\`\`text\n${picture}\n\`\`\`\n\n${text.slice(to)}`;
}
