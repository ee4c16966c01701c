/**
 * Proves that the import rules of biome.json catch what they are there for.
 *
 * A rule that matches nothing looks exactly like a rule that is kept. So every forbidden direction is planted once, and
 * a circle of files for each way to import, in a temporary folder under the same rules. Each plant must be found; every
 * allowed one must pass.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { around, below, composition, corePackages, edges, subjects } from './floors.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Every forbidden direction and some allowed ones: a file, what it must not import, and what it may. */
const rules = [
  ...subjects.flatMap((subject) => {
    const lower = below(subject).filter((each) => each !== subject);
    const higher = subjects.filter((each) => each !== subject && !lower.includes(each));
    return [
      {
        file: `src/core/${subject}/rules/planted.ts`,
        never: [
          ...higher.map((each) => `../../${each}/rules/a.ts`),
          ...lower.map((each) => `../../${each}/ports.ts`),
          ...edges.map((edge) => `../../../${edge}/a.ts`),
          ...[
            '../ports.ts',
            '../../catalogue.ts',
            '../../../context.ts',
            '../../../config.ts',
            'node:fs',
            'pg',
            'zod/v3',
          ],
        ],
        may: ['./other.ts', ...lower.map((each) => `../../${each}/rules/a.ts`), ...corePackages],
      },
      {
        file: `src/core/${subject}/rules/planted.test.ts`,
        never: [
          ...higher.map((each) => `../../${each}/rules/a.ts`),
          '../../../http/a.ts',
          '../../../../test/support/a.ts',
          'pg',
        ],
        may: ['node:test', 'node:assert/strict', 'fast-check', './other.ts', '../../../../test/support/core/a.ts'],
      },
      {
        file: `src/core/${subject}/planted.ts`,
        never: [
          ...higher.map((each) => `../${each}/a.ts`),
          ...edges.map((edge) => `../../${edge}/a.ts`),
          ...['../catalogue.ts', '../../context.ts', '../../main.ts', 'node:fs', 'pg', 'fastify', ...corePackages],
        ],
        may: ['./ports.ts', './rules/a.ts', ...lower.map((each) => `../${each}/ports.ts`)],
      },
    ];
  }),
  ...edges.flatMap((edge) =>
    ['', 'deeper/', 'deeper/still/'].map((deeper) => {
      const up = '../'.repeat(deeper.split('/').length);
      const others = edges.filter((each) => each !== edge);
      return {
        file: `src/${edge}/${deeper}planted.ts`,
        never: [
          ...others.map((each) => `${up}${each}/a.ts`),
          ...composition.map((name) => `${up}${name}`),
          ...around.map((name) => `${up}../${name}/a.ts`),
        ],
        may: ['./other.ts', `${up}core/scheduling/fire.ts`, `${up}core/time/rules/slots.ts`, 'pg', 'fastify'],
      };
    }),
  ),
  {
    file: 'src/core/planted.ts',
    never: ['../http/a.ts', '../context.ts', 'pg', 'zod'],
    may: ['./clusters/rules/a.ts'],
  },
  {
    file: 'src/planted.ts',
    never: around.map((name) => `../${name}/a.ts`),
    may: ['./core/scheduling/fire.ts', ...edges.map((edge) => `./${edge}/a.ts`), './config.ts'],
  },
  { file: 'src/http/planted.test.ts', never: ['../../simulator/a.ts'], may: ['../../test/support/a.ts', 'node:test'] },
  {
    file: 'simulator/planted.ts',
    never: ['../src/core/time/rules/slots.ts', '../src/main.ts'],
    may: ['./rules.ts', 'zod'],
  },
  {
    file: 'simulator/deeper/planted.ts',
    never: ['../../src/core/scheduling/fire.ts'],
    may: ['../rules.ts', 'node:https'],
  },
];

/** Every way to depend on a file. */
const forms = [
  (from) => `import { thing } from '${from}';\nconsole.log(thing);\n`,
  (from) => `import type { Thing } from '${from}';\nexport type Own = Thing;\n`,
  (from) => `export { thing } from '${from}';\n`,
  (from) => `export const thing = await import('${from}');\n`,
];

const folder = mkdtempSync(join(tmpdir(), 'check-imports-'));
try {
  const config = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
  writeFileSync(join(folder, 'biome.json'), JSON.stringify({ ...config, $schema: undefined, vcs: { enabled: false } }));

  const plants = new Map();
  for (const { file, never, may } of rules) {
    for (const from of never) for (const form of forms) plant(file, from, form(from), true);
    for (const from of may) plant(file, from, forms[0](from), false);
  }
  for (const [at, form] of forms.entries()) {
    const steps = { one: 'two', two: 'three', three: 'one' };
    for (const [file, next] of Object.entries(steps)) {
      keep(`src/circle-${at}/${file}.ts`, `./${next}.ts`, form(`./${next}.ts`), true);
      if (next !== 'one') keep(`src/line-${at}/${file}.ts`, `./${next}.ts`, form(`./${next}.ts`), false);
    }
  }
  const found = findings();
  const wrong = [...plants].filter(([path, { forbidden }]) => forbidden !== found.has(path));
  for (const [path, { from, forbidden }] of wrong) {
    console.error(`${path} importing '${from}': ${forbidden ? 'not caught' : 'reported, though it is allowed'}`);
  }
  if (wrong.length > 0) process.exitCode = 1;
  else console.log(`The import rules hold: ${plants.size} planted imports, each judged rightly.`);

  /** The planted file keeps its folder and ending, which the rules go by. */
  function plant(file, from, text, forbidden) {
    keep(
      file.replace(/(\.test)?\.ts$/, (end) => `-${plants.size}${end}`),
      from,
      text,
      forbidden,
    );
  }

  function keep(path, from, text, forbidden) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    plants.set(path, { from, forbidden });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The files in which one of the rules found something. */
function findings() {
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  const names = ['style/noRestrictedImports', 'suspicious/noImportCycles'];
  const only = names.map((name) => `--only=${name}`);
  const args = ['lint', ...only, '--reporter=json', '--max-diagnostics=none', '.'];
  const answer = spawnSync(process.execPath, [biome, ...args], { cwd: folder, encoding: 'utf8', maxBuffer: 64e6 });
  try {
    const report = JSON.parse(answer.stdout.slice(answer.stdout.indexOf('{')));
    const hits = report.diagnostics.filter(({ category }) => names.includes(category.replace('lint/', '')));
    return new Set(
      hits.map(({ location }) => (location.path.file ?? location.path).replaceAll('\\', '/').replace(/^\.\//, '')),
    );
  } catch {
    throw new Error(`Biome gave no readable answer:\n${answer.stdout}${answer.stderr}`);
  }
}
