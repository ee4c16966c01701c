/**
 * `npm run test:kubernetes`: the service against a real Kubernetes control plane, and what the simulated cluster does
 * otherwise. It builds etcd, kube-apiserver and kube-controller-manager from their Go modules the first time.
 *
 *   npm run test:kubernetes                      everything
 *   npm run test:kubernetes -- --build           builds what is missing, and runs nothing
 *   npm run test:kubernetes -- --only=<pattern>  the cases whose guarantee matches
 *   npm run test:kubernetes -- --velero          builds Velero too, and shows what its restores do instead
 *   npm run test:kubernetes -- --velero --write  keeps what was seen, for later runs to be compared with
 *   npm run test:kubernetes -- --keep            leaves the folder with the logs of the cluster
 *
 * It ends with 1 if a guarantee of the service does not hold. Everything listens on loopback and is gone at the end.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stopGo } from '../laboratory/build/go.ts';
import { builtPrograms, runLaboratory, showRestores } from '../laboratory/laboratory.ts';
import { startRealParts } from './test-parts.mjs';

const { values: asked } = parseArgs({
  options: {
    build: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    velero: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const startedAt = performance.now();
let parts;
let folder;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, async () => {
    stopGo();
    await parts?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}

const programs = await builtPrograms(asked.velero, say);
if (programs === undefined) process.exitCode = 1;
else if (!asked.build) await run(programs);

async function run(programs) {
  folder = mkdtempSync(join(tmpdir(), 'vworkspace-laboratory-'));
  try {
    if (asked.velero)
      process.exitCode = await showRestores(
        programs,
        folder,
        { wanted: new RegExp(asked.only), write: asked.write },
        say,
      );
    else {
      parts = await startRealParts();
      Object.assign(process.env, parts.env);
      process.exitCode = await runLaboratory(programs.cluster, folder, new RegExp(asked.only), say);
    }
  } catch (error) {
    process.exitCode = 1;
    console.error(error);
  } finally {
    await parts?.stop();
    if (asked.keep) say(`the logs of the cluster are in ${folder}`);
    else rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

function say(line) {
  console.log(`${String(Math.round((performance.now() - startedAt) / 1000)).padStart(5)} s  ${line}`);
}
