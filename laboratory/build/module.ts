/**
 * The Go module that a program is built in. A program's own module replaces some of those that it needs, and such
 * replacements count only in the module that is built: they are read from its go.mod and written into ours. Those by a
 * folder of its own tree are published by themselves: under the version that it requires, or, where it requires v0.0.0
 * as Kubernetes does, under one that follows its own.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Go, runGo } from './go.ts';
import type { GoModule, Program } from './programs.ts';

interface Replacement {
  readonly path: string;
  readonly by: string;
}

/** Writes go.mod and what belongs to it, and downloads nothing but the program's own module. */
export async function writeModule(go: Go, program: Program, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const goMod = await goModOf(go, program.module, folder);
  const lines = [
    'module laboratory',
    `go ${/^go (\S+)$/m.exec(goMod)?.[1] ?? '1.26'}`,
    `require ${program.module.path} ${program.module.version}`,
    ...replacementsIn(goMod, program.module).map(({ path, by }) => `replace ${path} => ${by}`),
  ];
  writeFileSync(join(folder, 'go.mod'), `${lines.join('\n')}\n`);
  if ('main' in program.build) writeFileSync(join(folder, 'main.go'), program.build.main);
}

async function goModOf(go: Go, { path, version }: GoModule, folder: string): Promise<string> {
  // Outside of any module, so that nothing is resolved beside it.
  const answer = await runGo(go, join(folder, '..'), ['mod', 'download', '-json', `${path}@${version}`]);
  const told: { readonly GoMod?: string; readonly Error?: string } = answer.stdout ? JSON.parse(answer.stdout) : {};
  if (told.GoMod === undefined) throw new Error(told.Error ?? answer.stderr.trim());
  return readFileSync(told.GoMod, 'utf8');
}

function replacementsIn(goMod: string, module: GoModule): readonly Replacement[] {
  const blocks = [...goMod.matchAll(/^replace \(\n([^)]*)\)/gm)].flatMap(([, block]) => (block ?? '').split('\n'));
  const single = [...goMod.matchAll(/^replace ([^(\n]+)$/gm)].map(([, line]) => line ?? '');
  return [...blocks, ...single].flatMap((line) => {
    const [, path, by] = /^\s*(.+?)\s+=>\s+(.+?)\s*(?:\/\/.*)?$/.exec(line) ?? [];
    if (path === undefined || by === undefined) return [];
    if (!by.startsWith('.')) return [{ path, by }];
    const followsOurs = goMod.includes(`${path} v0.0.0\n`);
    return followsOurs ? [{ path, by: `${path} ${module.version.replace(/^v1\./, 'v0.')}` }] : [];
  });
}
