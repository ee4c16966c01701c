/**
 * Builds what is missing, one program after the other, and keeps it in the user's cache folder by a hash of what it was
 * built from. The first time takes an hour and more on two cores, and says all ten seconds how far it is; what is built
 * is never built again. A build that was interrupted goes on where it was, since Go keeps each package.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { compilers, type Go, runGo } from './go.ts';
import { writeModule } from './module.ts';
import type { Program } from './programs.ts';

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vworkspace-backups', 'laboratory');

const tellSeconds = 10;

export interface Built {
  readonly program: Program;
  /** Where the executable is; undefined if it could not be built. */
  readonly file: string | undefined;
  /** 0 if it was there. */
  readonly seconds: number;
  /** Why it could not be built, in Go's own words. */
  readonly refusal?: string;
}

/** Never throws for what Go says: a program that cannot be built is told, and the others go on. */
export async function build(go: Go, program: Program, say: (line: string) => void): Promise<Built> {
  const key = createHash('sha256')
    .update(JSON.stringify([go.version, process.arch, program]))
    .digest('hex');
  const file = join(cache, `${program.name}-${program.module.version}-${key.slice(0, 12)}`, program.name);
  if (existsSync(file)) return { program, file, seconds: 0 };
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1000);
  const folder = join(cache, 'modules', `${program.name}-${key.slice(0, 12)}`);
  say(`${program.name} ${program.module.version}: downloading its modules`);
  let compiled = 0;
  let packages = 0;
  const telling = setInterval(() => {
    say(`${program.name}: ${compiled} packages compiled, of ${packages || 'some'} at most, ${seconds()} s`);
  }, tellSeconds * 1000);
  try {
    await writeModule(go, program, folder);
    const goal = 'package' in program.build ? program.build.package : '.';
    const listed = await runGo(go, folder, ['list', '-deps', goal]);
    if (listed.code !== 0) return { program, file: undefined, seconds: seconds(), refusal: lastLines(listed.stderr) };
    packages = listed.stdout.trim().split('\n').length;
    const part = `${file}.part`;
    mkdirSync(join(file, '..'), { recursive: true });
    const flags = ['-s', '-w', ...Object.entries(program.set ?? {}).map(([name, value]) => `-X ${name}=${value}`)];
    const args = ['build', '-v', '-p', compilers, '-trimpath', '-ldflags', flags.join(' '), '-o', part, goal];
    const answer = await runGo(go, folder, args, () => {
      compiled += 1;
    });
    if (answer.code !== 0) {
      rmSync(part, { force: true });
      return { program, file: undefined, seconds: seconds(), refusal: lastLines(answer.stderr) };
    }
    renameSync(part, file);
    say(`${program.name}: built in ${seconds()} s`);
    return { program, file, seconds: seconds() };
  } catch (error) {
    return {
      program,
      file: undefined,
      seconds: seconds(),
      refusal: error instanceof Error ? error.message : 'unknown',
    };
  } finally {
    clearInterval(telling);
  }
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-6).join('\n');
