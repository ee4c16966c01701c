/**
 * Writes the contract as the code has it: openapi/openapi.json, and openapi/operations.txt with a line an operation for
 * reviewers. With `--check` nothing is written; it ends with 1 and says where the committed files differ.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { apiDocument } from '../src/http/openapi/document.ts';
import { operationsText } from '../src/http/openapi/operations-text.ts';

const folder = fileURLToPath(new URL('../openapi/', import.meta.url));
const document = await apiDocument(pino({ enabled: false }));
const files = {
  'openapi.json': `${JSON.stringify(document, null, 2)}\n`,
  'operations.txt': operationsText(document),
};

if (process.argv.includes('--check')) {
  for (const [name, made] of Object.entries(files)) {
    const committed = await readFile(path.join(folder, name), 'utf8').catch(() => '');
    const difference = firstDifference(committed, made);
    if (difference === undefined) continue;
    console.error(`openapi/${name} is not what the code says; run "npm run generate". ${difference}`);
    process.exitCode = 1;
  }
} else {
  await mkdir(folder, { recursive: true });
  for (const [name, made] of Object.entries(files)) await writeFile(path.join(folder, name), made);
}

function firstDifference(committed: string, made: string): string | undefined {
  if (committed === made) return undefined;
  const [before, after] = [committed.split('\n'), made.split('\n')];
  const line = after.findIndex((text, index) => text !== before[index]);
  const at = line === -1 ? after.length : line;
  return `First difference, line ${at + 1}:\n  committed: ${before[at] ?? '(end)'}\n  now:       ${after[at] ?? '(end)'}`;
}
