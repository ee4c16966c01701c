/** The files of a commit in a folder of their own, ready to run: dependencies installed, Prisma client generated. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Checkout {
  readonly folder: string;
  /** The commit's full name. */
  readonly commit: string;
  /** The Node that the version runs on. */
  readonly node: string;
  remove(): Promise<void>;
}

export async function checkOut(repository: string, name: string): Promise<Checkout> {
  const commit = run('git', ['rev-parse', '--verify', `${name}^{commit}`], repository)
    .toString()
    .trim();
  const home = await mkdtemp(join(tmpdir(), 'vworkspace-version-'));
  // Root's PostgreSQL runs as another account, which has to pass through here.
  await chmod(home, 0o711);
  const folder = join(home, 'version');
  try {
    await mkdir(folder);
    const archive = run('git', ['archive', '--format=tar', commit], repository);
    run('tar', ['-x', '-C', folder], repository, archive);
    if (await sameLock(repository, folder)) {
      await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'), 'junction');
    } else run(process.execPath, [join(folder, 'scripts', 'run.mjs'), 'setup'], folder);
    const node = prepared(folder);
    return { folder, commit, node, remove: () => rm(home, { recursive: true, force: true }) };
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    throw error;
  }
}

/**
 * The Node of the version, once its Prisma client is there. No more of its setup is run: that would install into a
 * folder that is only borrowed.
 */
function prepared(folder: string): string {
  const script = (name: string) => pathToFileURL(join(folder, 'scripts', name)).href;
  const program = `
    import { pinnedNode } from '${script('pinned-node.mjs')}';
    import { generatePrismaClient } from '${script('prisma-client.mjs')}';
    const [root] = process.argv.slice(1);
    const node = pinnedNode(root);
    generatePrismaClient(root, node)?.();
    console.log(node);`;
  return run(process.execPath, ['--input-type=module', '-e', program, folder], folder).toString().trim();
}

/** Whether the dependencies that are installed here are those of the version. */
async function sameLock(repository: string, folder: string): Promise<boolean> {
  const [here, there] = await Promise.all(
    [repository, folder].map((root) => readFile(join(root, 'package-lock.json'), 'utf8')),
  );
  return here === there;
}

function run(command: string, args: readonly string[], cwd: string, input?: Buffer): Buffer {
  const answer = spawnSync(command, [...args], { cwd, maxBuffer: 2 ** 28, ...(input !== undefined && { input }) });
  if (answer.error !== undefined) throw answer.error;
  if (answer.status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${answer.stdout}${answer.stderr}`);
  return answer.stdout;
}
