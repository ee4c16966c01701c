/** A copy of the tree in which sources may be changed, with a PostgreSQL and a Redis of its own. */
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { startRealParts } from '../test-parts.mjs';

const copied = [
  ...['src', 'simulator', 'test', 'scripts', 'bench', 'docs', 'openapi', 'prisma'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'prisma.config.ts', 'biome.json', 'knip.jsonc'],
  ...[
    '.dockerignore',
    'Dockerfile',
    'docker-compose.yml',
    '.npmrc',
    '.env.example',
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
  ],
];

export async function openPlace(root, tree, withParts) {
  mkdirSync(tree, { recursive: true });
  for (const name of copied) cpSync(join(root, name), join(tree, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  const parts = withParts ? await startRealParts() : undefined;
  return {
    tree,
    env: { ...process.env, ...parts?.env, NODE_ENV: 'test', NODE_COMPILE_CACHE: undefined },
    /** Of a test file that was killed: its databases. */
    async tidy() {
      const client = new pg.Client({ connectionString: parts.env.TEST_DATABASE_URL });
      await client.connect();
      try {
        const { rows } = await client.query(
          `select datname from pg_database where datname ~ '^test_[0-9a-f]{12}$' and datname not like 'test_template%'`,
        );
        for (const { datname } of rows) await client.query(`drop database if exists ${datname} with (force)`);
      } finally {
        await client.end();
      }
    },
    close: async () => parts?.stop(),
  };
}
