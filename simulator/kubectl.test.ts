import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startCluster } from './index.ts';
import type { SimulatedCluster } from './options.ts';
import { operation, until } from './testing.ts';

const run = promisify(execFile);
let cluster: SimulatedCluster;
let folder: string;
let env: NodeJS.ProcessEnv;

before(async () => {
  cluster = await startCluster({ speed: 40 });
  cluster.addNamespace('org-myteam');
  cluster.addApplicationInstance('org-myteam', 'nextcloud');
  folder = await mkdtemp(join(tmpdir(), 'simulator-'));
  await writeFile(join(folder, 'config'), cluster.adminKubeconfig);
  await writeFile(join(folder, 'account'), cluster.kubeconfig);
  await writeFile(
    join(folder, 'operation.json'),
    JSON.stringify({ ...operation('by-hand'), metadata: { name: 'by-hand', namespace: 'org-myteam' } }),
  );
  env = { ...process.env, HOME: folder, KUBECONFIG: join(folder, 'config') };
});
after(async () => {
  await cluster.close();
  await rm(folder, { recursive: true });
});

const kubectl = async (...words: readonly string[]): Promise<string> =>
  (await run('kubectl', [...words], { env, timeout: 30_000 })).stdout;

async function isInstalled(): Promise<boolean> {
  try {
    await run('kubectl', ['version', '--client'], { env: { ...process.env, KUBECONFIG: '/dev/null' } });
    return true;
  } catch {
    return false;
  }
}

test('kubectl applies, lists, watches, describes and deletes Operations', async (context) => {
  if (!(await isInstalled())) {
    assert.notEqual(process.env.CI_REQUIRE_KUBECTL, '1', 'kubectl is not on the PATH');
    context.diagnostic('kubectl is not on the PATH: only @kubernetes/client-node was used');
    return;
  }
  const watching = spawn('kubectl', ['get', 'operations', '-A', '-w'], { env });
  context.after(() => watching.kill());
  let seen = '';
  watching.stdout.on('data', (chunk: Buffer) => {
    seen += chunk.toString('utf8');
  });
  await until(
    'the watch of kubectl',
    () => cluster.requests.log.some((each) => each.verb === 'watch' && each.resource === 'operations'),
    20_000,
  );
  assert.match(
    await kubectl('apply', '--server-side', '-f', join(folder, 'operation.json')),
    /by-hand serverside-applied/,
  );
  await until('Succeeded in the watch', () => /by-hand\s+Backup\s+velero\s+nextcloud\s+Succeeded/.test(seen), 20_000);
  assert.match(seen, /NAMESPACE\s+NAME\s+TYPE\s+ENGINE\s+TARGET\s+PHASE\s+AGE/);
  assert.match(seen, /Running/);
  assert.match(
    await kubectl('get', 'operations', '-A'),
    /org-myteam\s+by-hand\s+Backup\s+velero\s+nextcloud\s+Succeeded\s+\d+s/,
  );
  assert.match(await kubectl('describe', 'op', '-n', 'org-myteam', 'by-hand'), /Reason:\s+VeleroBackupCompleted/);
  assert.match(
    await kubectl('get', 'op', '-n', 'org-myteam', 'by-hand', '-o', 'jsonpath={.status.outputs.backupName}'),
    /^by-hand$/,
  );
  assert.match(await kubectl('delete', 'op', '-n', 'org-myteam', 'by-hand'), /"by-hand" deleted/);
  assert.equal(cluster.get('operations', 'org-myteam', 'by-hand'), undefined);
  assert.match(
    await kubectl(
      '--kubeconfig',
      join(folder, 'account'),
      'auth',
      'can-i',
      'list',
      'operations.ops.vworkspace.io',
      '-A',
    ),
    /yes/,
  );
});
