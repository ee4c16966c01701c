import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { roles } from './config.ts';
import { checked, tasks } from './tasks.ts';

const task = { name: 'a', role: 'scheduler', everySeconds: 30, timeoutSeconds: 40 } as const;

test('each task has a name of its own, a role that a process can have, and a bound', () => {
  assert.equal(new Set(tasks.map(({ name }) => name)).size, tasks.length);
  for (const { name, role, everySeconds, timeoutSeconds } of tasks) {
    assert.match(name, /^[a-z]+(-[a-z]+)+$/);
    assert.ok(roles.includes(role));
    assert.ok(everySeconds > 0 && timeoutSeconds > 0);
  }
});

test('no task of a subject is left out', async () => {
  const core = fileURLToPath(new URL('core', import.meta.url));
  const files = readdirSync(core, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /(^|-)tasks\.ts$/.test(basename(path)),
  );
  const names = await Promise.all(
    files.map(async (path) => {
      const lists: readonly unknown[] = Object.values(await import(join(core, path)));
      return lists.filter((list) => Array.isArray(list)).flatMap((list) => list.map(({ name }) => name));
    }),
  );
  assert.deepEqual(names.flat().toSorted(), tasks.map(({ name }) => name).toSorted());
});

test('two tasks of one name are refused', () => {
  assert.throws(() => checked([task, { ...task, role: 'connector' }]), /Two tasks have the name a/);
});

test('a time-out is refused with which a task whose rounds are slow and succeed would count as late', () => {
  assert.doesNotThrow(() => checked([{ ...task, everySeconds: 2, timeoutSeconds: 45 }]));
  assert.throws(() => checked([{ ...task, everySeconds: 2, timeoutSeconds: 50 }]), /too long for its period/);
  assert.throws(() => checked([{ ...task, everySeconds: 30, timeoutSeconds: 120 }]), /too long for its period/);
});
