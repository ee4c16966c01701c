/**
 * Reads source files and what they import. Every way to depend on a file counts: `import`, `import type`, `export from`,
 * `import()` as a value and as a type. The statements are found by their grammar in the text, over any number of lines:
 * no parser that is installed keeps type-only imports, and Biome's format leaves no other spelling.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';

const clause = String.raw`(?:\*(?:\s+as\s+\w+)?|\w+|\{[^}]*\})`;
const statement = new RegExp(
  String.raw`^\s*(?:import|export)\s+(?:type\s+)?${clause}(?:\s*,\s*${clause})?\s+from\s*(['"])([^'"\n]+)\1`,
  'gm',
);
const bare = /^\s*import\s*(['"])([^'"\n]+)\1/gm;
const call = /\bimport\s*\(\s*(['"`])([^'"`$\n]+)\1/g;

/** The files below a folder of the root that end in one of these, without what is generated, in alphabetical order. */
export function readSources(root, folder, endings = ['.ts']) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.includes('/generated/'))
    .sort()
    .map((path) => sourceOf(path, readFileSync(join(root, path), 'utf8')));
}

function sourceOf(path, text) {
  return {
    path,
    isTest: path.endsWith('.test.ts'),
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports: importsOf(text).map((found) => ({ ...found, to: targetOf(path, found.specifier) })),
  };
}

/** Each import with its line, in the order of the text; `inline` is a type such as `import('./a.ts').A`. */
function importsOf(text) {
  return [statement, bare, call]
    .flatMap((form) => [...text.matchAll(form)])
    .map((match) => {
      const [before, after] = [text.slice(0, match.index), text.slice(match.index + match[0].length)];
      const at = match.index + match[0].lastIndexOf(match[2]);
      return { specifier: match[2], at, inline: /^\s*\)\s*\.\s*[A-Z]/.test(after) || /\btypeof\s+$/.test(before) };
    })
    .sort((a, b) => a.at - b.at)
    .map(({ at, ...found }) => ({ ...found, line: text.slice(0, at).split('\n').length }));
}

/** The path of an imported file from the root; undefined for a package. */
function targetOf(path, specifier) {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined;
}
