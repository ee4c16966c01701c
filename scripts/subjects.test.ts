/**
 * The layout of src is held by scripts/subjects.mjs. Each kind of violation is planted in a tree of its own, under a
 * small table, and must be found: a check that matches nothing looks exactly like a layout that is kept.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./subjects.mjs', import.meta.url));
const table = `
  export const subjects = ['time', 'kernel', 'scheduling'];
  export const edges = ['http', 'postgres'];
  export const composition = ['context.ts', 'main.ts'];
  export const around = ['simulator', 'test'];
  export const below = (subject) => subjects.slice(0, subjects.indexOf(subject));
  export const holds = { time: 'slots' };
`;
const page = `# Before

<!-- picture of floors: scripts/subjects.mjs --write -->
<!-- end of the picture -->

After.
`;

/** A tree that keeps every rule; a test adds to it what must not be there. */
const allowed = {
  'scripts/floors.mjs': table,
  'ARCHITECTURE.md': page,
  'src/core/catalogue.ts': "import { a } from './scheduling/fire.ts';\n",
  'src/main.ts': "import { a } from './context.ts';\n",
  'src/context.ts': "import { a } from './http/server.ts';\nimport { b } from './postgres/rows.ts';\n",
  'src/config.ts': "import { z } from 'zod';\n",
  'src/http/server.ts': "import { a } from '../core/scheduling/fire.ts';\nimport { b } from '../config.ts';\n",
  'src/http/server.test.ts': "import { a } from '../../test/support/http.ts';\n",
  'src/postgres/rows.ts': "import { a } from './generated/client.ts';\nimport { b } from '../core/kernel/ports.ts';\n",
  'src/postgres/generated/client.ts': `${'// long\n'.repeat(400)}import { a } from '../../http/server.ts';\n`,
  'src/core/time/rules/slots.ts': "import { z } from 'zod';\n",
  'src/core/kernel/ports.ts':
    "import type { a } from '../time/rules/slots.ts';\nimport { b } from './rules/names.ts';\n",
  'src/core/kernel/rules/names.ts': "import { a } from '../../time/rules/slots.ts';\n",
  'src/core/scheduling/fire.ts': "import { a } from '../kernel/ports.ts';\nconst text = 'from ../../http/server.ts';\n",
};

test('a tree that keeps the rules passes, and its picture is drawn between the markers', (context) => {
  const root = plant(context, {});
  assert.deepEqual(run(root, '--write'), []);
  assert.deepEqual(run(root, '--check'), []);

  const drawn = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  assert.match(drawn, /^# Before\n\n<!-- .* -->\n\n```text\n[^`]*\n```\n\n<!-- .* -->\n\nAfter\.\n$/);
  assert.match(drawn, /^· · ● http +1 +100$/m);
  assert.match(drawn, /^· ● scheduling +1 +100$/m);
  assert.match(drawn, /^● kernel +2 +100$/m);
  assert.match(drawn, /^time +1 +100 {3}slots$/m);
});

test('an import that goes up, aside or out is found, in whatever way it is written', (context) => {
  const root = plant(context, {
    'src/core/time/rules/up.ts': "import { a } from '../../kernel/rules/names.ts';\n",
    'src/core/time/rules/up.test.ts': "import { a } from '../../scheduling/rules/due.ts';\n",
    'src/core/kernel/up.ts': [
      "import type { A } from '../scheduling/fire.ts';",
      "import defaults, { type B } from '../scheduling/fire.ts';",
      "import * as all from '../scheduling/fire.ts';",
      "import '../scheduling/fire.ts';",
      "export { c } from '../scheduling/fire.ts';",
      "export type { D } from '../scheduling/fire.ts';",
      "export * from '../scheduling/fire.ts';",
      "export * as e from '../scheduling/fire.ts';",
      "const f = await import('../scheduling/fire.ts');",
      'import {\n  g, // a comment\n  h,\n} from "../scheduling/fire.ts";\n',
    ].join('\n'),
    'src/core/scheduling/detour.ts': "import { a } from '../../core/../http/server.ts';\n",
    'src/core/scheduling/beside.ts': "import { a } from '../../config.ts';\n",
    'src/core/scheduling/rules/effect.ts':
      "import { a } from '../fire.ts';\nimport { b } from '../../kernel/ports.ts';\n",
    'src/http/aside.ts': "import { a } from '../postgres/rows.ts';\n",
    'src/http/deep/er/aside.test.ts': "import { a } from '../../../postgres/rows.ts';\n",
    'src/http/top.ts': "import { a } from '../context.ts';\n",
    'src/http/out.ts': "import { a } from '../../simulator/index.ts';\n",
    'src/http/hidden.ts': "type A = import('./server.ts').A;\nconst b: typeof import('./server.ts') = a;\n",
    'src/core/kernel/all.ts': "import { a } from '../catalogue.ts';\n",
    'src/core/catalogue.ts': "import { a } from '../http/server.ts';\n",
    'src/core/webhooks/send.ts': '',
    'src/core/loose.ts': '',
    'src/grpc/server.ts': '',
  });
  run(root, '--write');

  const fire = '../scheduling/fire.ts';
  const up = (higher: string, lower: string) =>
    `${higher} is a floor above ${lower}; move down what both need, or take it as a parameter.`;
  const unnamed = 'stands in a folder that is neither a subject nor an edge: name it in scripts/floors.mjs.';
  const rulesOnly =
    'rules import only rules; move a type that they share into rules, or take the value as a parameter.';
  const coreOnly = 'core imports nothing outside of src/core; name a port in src/core/scheduling/ports.ts.';
  const apart = 'edges never import each other; what they share goes through src/core.';
  const around = 'the service knows nothing of what is built around it; move into src what it needs.';
  const above = 'the composition is above the edges; let context.ts hand in what is needed.';
  const hidden = 'a type inside an expression hides from the check for circles; write import type.';
  assert.deepEqual(
    run(root, '--check'),
    [
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 13].map(
        (line) => `src/core/kernel/up.ts:${line} imports ${fire}: ${up('scheduling', 'kernel')}`,
      ),
      'src/core/catalogue.ts:1 imports ../http/server.ts: the catalogue puts together what subjects declare, and imports nothing else.',
      'src/core/kernel/all.ts:1 imports ../catalogue.ts: the catalogue is above all subjects; declare the row in your own folder.',
      `src/core/loose.ts ${unnamed}`,
      `src/core/scheduling/beside.ts:1 imports ../../config.ts: ${coreOnly}`,
      `src/core/scheduling/detour.ts:1 imports ../../core/../http/server.ts: ${coreOnly}`,
      `src/core/scheduling/rules/effect.ts:1 imports ../fire.ts: ${rulesOnly}`,
      `src/core/scheduling/rules/effect.ts:2 imports ../../kernel/ports.ts: ${rulesOnly}`,
      `src/core/time/rules/up.test.ts:1 imports ../../scheduling/rules/due.ts: ${up('scheduling', 'time')}`,
      `src/core/time/rules/up.ts:1 imports ../../kernel/rules/names.ts: ${up('kernel', 'time')}`,
      `src/core/webhooks/send.ts ${unnamed}`,
      `src/grpc/server.ts ${unnamed}`,
      `src/http/aside.ts:1 imports ../postgres/rows.ts: ${apart}`,
      `src/http/deep/er/aside.test.ts:1 imports ../../../postgres/rows.ts: ${apart}`,
      `src/http/hidden.ts:1 imports ./server.ts: ${hidden}`,
      `src/http/hidden.ts:2 imports ./server.ts: ${hidden}`,
      `src/http/out.ts:1 imports ../../simulator/index.ts: ${around}`,
      `src/http/top.ts:1 imports ../context.ts: ${above}`,
    ].sort(),
  );
});

test('a folder that is too full and a file that is too long are found, tests and what is around among them', (context) => {
  const root = plant(context, {
    ...Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`src/core/scheduling/rules/rule-${at}.ts`, ''])),
    ...Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`src/core/time/rules/deeper/rule-${at}.ts`, ''])),
    'src/http/exactly.ts': '\n'.repeat(300),
    'src/http/long.test.ts': '\n'.repeat(301),
    'test/walk/long.test.ts': '\n'.repeat(302),
  });
  run(root, '--write');
  const advice = 'lines, 300 at most: split it by what it does.';
  assert.deepEqual(run(root, '--check'), [
    'src/core/scheduling/rules holds 21 files at one level, 20 at most: give some a folder of their own.',
    `src/http/long.test.ts has 301 ${advice}`,
    `test/walk/long.test.ts has 302 ${advice}`,
  ]);
});

test('a source of which less than half the files are short is found, however short the tests are', (context) => {
  const long = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`src/http/long-${at}.ts`, '\n'.repeat(120)]));
  const tests = Object.fromEntries(Array.from({ length: 5 }, (_, at) => [`src/http/short-${at}.test.ts`, '']));
  const root = plant(context, { ...long, ...tests });
  run(root, '--write');
  assert.deepEqual(run(root, '--check'), [
    'src has 10 of 22 files under 120 lines, half of them at least: split some of the longer ones.',
  ]);
});

test('a picture that the code has left behind is found', (context) => {
  const root = plant(context, {});
  const old = ['ARCHITECTURE.md shows an older picture of the floors: run node scripts/subjects.mjs --write.'];
  assert.deepEqual(run(root, '--check'), old);
  run(root, '--write');
  writeFileSync(join(root, 'src/postgres/rows.ts'), "import { a } from '../core/scheduling/fire.ts';\n");
  assert.deepEqual(run(root, '--check'), old);
});

test('a page that names a file which is not there is found; placeholders and packages are no files', (context) => {
  const named = '`src/http/server.ts` `src/core/time/` `src/<edge>/a.ts` `node:fs` `src/http/gone.ts` `test/gone/`\n';
  const root = plant(context, { 'README.md': named, 'docs/adr/0001-old.md': '`src/domain/a.ts`\n' });
  run(root, '--write');
  assert.deepEqual(run(root, '--check'), [
    'README.md names src/http/gone.ts, which is not there: name the file that holds it now.',
    'README.md names test/gone/, which is not there: name the file that holds it now.',
  ]);
});

function plant(context: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'subjects-'));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries({ ...allowed, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** The lines that it prints as errors, in the order of the alphabet; it ends with 1 exactly if there are any. */
function run(root: string, option: string): readonly string[] {
  const answer = spawnSync(process.execPath, [program, option, `--root=${root}`], { encoding: 'utf8' });
  const lines = answer.stderr.split('\n').filter((line) => line !== '');
  assert.equal(answer.status, lines.length > 0 ? 1 : 0);
  return lines.sort();
}
