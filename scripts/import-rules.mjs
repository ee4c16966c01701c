/**
 * Writes the import rules of biome.json, which follow from the table of floors. `--check` writes nothing and ends with 1
 * when the file is not what the table says. The overrides that are not about imports stay as they are.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { around, below, composition, corePackages, edges, subjects } from './floors.mjs';

const aroundGroup = {
  group: around.map((name) => `**/${name}/**`),
  message: `The service knows nothing of what is built around it: ${around.join(', ')}.`,
};

const file = join(dirname(dirname(fileURLToPath(import.meta.url))), 'biome.json');
const written = readFileSync(file, 'utf8');
const config = JSON.parse(written);
const isImportRule = ({ linter }) => linter?.rules?.style?.noRestrictedImports !== undefined;
const wanted = [...importRules(), ...config.overrides.filter((each) => !isImportRule(each))];

if (process.argv.includes('--check')) {
  if (JSON.stringify(config.overrides) !== JSON.stringify(wanted)) {
    console.error('biome.json does not follow scripts/floors.mjs; run: node scripts/import-rules.mjs');
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, `${JSON.stringify({ ...config, overrides: wanted }, null, 2)}\n`);
}

/** The later override wins for a file that several are about. */
function importRules() {
  return [
    rule(['src/*.ts'], [aroundGroup]),
    rule(
      ['src/core/*.ts'],
      [
        {
          group: ['**', '!./*/**'],
          message: 'The catalogue puts together what subjects declare, and imports nothing else.',
        },
      ],
    ),
    ...edges.flatMap(edgeRules),
    ...subjects.flatMap(subjectRules),
    rule(
      ['src/core/*.test.ts', 'src/core/*/*.test.ts', `src/{${edges.join(',')}}/**/*.test.ts`, 'src/*.test.ts'],
      [
        {
          group: ['**/simulator/**'],
          message: "The simulator is the far side of tests in test/, not of a file's own test.",
        },
      ],
    ),
    rule(
      ['simulator/**'],
      [
        {
          group: ['**/src/**'],
          message: 'The simulator imports nothing from src, so that the two cannot share a mistake.',
        },
      ],
    ),
  ];
}

function edgeRules(edge) {
  const others = edges.filter((each) => each !== edge);
  return ['', '*/', '*/*/'].map((deeper) => {
    const up = '../'.repeat(deeper.split('/').length);
    return rule(
      [`src/${edge}/${deeper}*.ts`],
      [
        {
          group: others.map((other) => `${up}${other}/**`),
          message: 'The edges never import each other: what they share goes through src/core.',
        },
        {
          group: composition.map((name) => `${up}${name}`),
          message: 'context.ts constructs everything and main.ts starts it; nothing below them imports them.',
        },
        aroundGroup,
      ],
    );
  });
}

function subjectRules(subject) {
  const lower = below(subject).filter((each) => each !== subject);
  const allowed = lower.length === 0 ? 'its own folder' : `its own folder and ${lower.join(', ')}`;
  const rules = [
    '**',
    '!./**',
    ...lower.map((each) => `!../../${each}/rules/**`),
    ...corePackages.map((each) => `!${each}`),
  ];
  const test = ['!node:test', '!node:assert/strict', '!fast-check', '!../../../../test/support/core/**'];
  return [
    rule(
      [`src/core/${subject}/*.ts`],
      [
        {
          group: ['**', '!./**', ...lower.map((each) => `!../${each}/**`)],
          message: `The use cases of ${subject} import ${allowed}: every side effect goes through ports.`,
        },
      ],
    ),
    rule(
      [`src/core/${subject}/rules/*.ts`],
      [
        {
          group: rules,
          message: `The rules of ${subject} are pure: they import only rules, of ${allowed}, and zod.`,
        },
      ],
    ),
    rule(
      [`src/core/${subject}/rules/*.test.ts`],
      [
        {
          group: [...rules, ...test],
          message: 'A test of pure rules needs only the rules, node:test, node:assert/strict and fast-check.',
        },
      ],
    ),
  ];
}

function rule(includes, patterns) {
  return {
    includes,
    linter: { rules: { style: { noRestrictedImports: { level: 'error', options: { patterns } } } } },
  };
}
