/** The test files of `npm test`, by their paths from the root. */
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const folders = ['src', 'simulator', 'scripts', 'test/recurrence', 'test/api', 'test/walk', 'test/failure'];

export function testFiles(root) {
  return folders.flatMap((folder) => testsIn(root, folder));
}

export function testsIn(root, folder) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}
