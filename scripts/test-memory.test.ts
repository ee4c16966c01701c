/** What a killed run has left in memory goes with the next run; what runs keeps its own. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { makeDatabaseFolder } from './test-memory.ts';

test('a run removes the databases of runs that are gone, and no others', (t) => {
  const place = mkdtempSync(join(tmpdir(), 'memory-'));
  t.after(() => rmSync(place, { recursive: true, force: true }));
  const prefix = `vworkspace-test-${hostname()}-`;
  // No process has so high a number.
  const [gone, running, theirs] = [`${prefix}${2 ** 30}-a`, `${prefix}${process.pid}-b`, 'theirs'];
  for (const name of [gone, running, theirs]) mkdirSync(join(place, name));
  const made = makeDatabaseFolder(place);
  assert.deepEqual(
    [gone, running, theirs, basename(made)].map((name) => existsSync(join(place, name))),
    [false, true, true, true],
  );
});
