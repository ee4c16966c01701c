/**
 * The Prisma client in step with its schema, for the peer that the benchmarks compare with. It is generated, not committed; a stamp beside it holds the hash of what
 * it was made from, and is written last.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The step for the setup lock: undefined if the client is there and up to date. */
export function generatePrismaClient(root, node) {
  const sources = ['prisma/schema.prisma', 'prisma.config.ts', 'node_modules/prisma/package.json'];
  if (!existsSync(join(root, sources[0]))) return undefined;
  const hash = createHash('sha256');
  for (const source of sources) hash.update(readFileSync(join(root, source)));
  const stamp = hash.digest('hex');
  const stampFile = join(root, 'bench', 'generated', '.stamp');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return undefined;

  return () => {
    const answer = spawnSync(node, [join(root, 'node_modules', 'prisma', 'build', 'index.js'), 'generate'], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' },
    });
    if (answer.status !== 0) throw new Error(`Prisma could not generate its client:\n${answer.stdout}${answer.stderr}`);
    writeFileSync(stampFile, stamp);
  };
}
