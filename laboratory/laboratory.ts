/**
 * The laboratory: builds a control plane, brings it up, runs the suite against it and against the simulated cluster, and
 * says what differs. `scripts/kubernetes.mjs` starts it.
 */
import { build } from './build/build.ts';
import { findGo } from './build/go.ts';
import { clusterPrograms, veleroPrograms } from './build/programs.ts';
import { type Programs, startControlPlane } from './cluster/control-plane.ts';
import { realPlace } from './suite/real.ts';
import { differences, type Outcome } from './suite/report.ts';
import { runSuite } from './suite/run.ts';
import { simulatedPlace } from './suite/simulated.ts';
import { type Asked, showAll } from './velero/show.ts';
import type { VeleroPrograms } from './velero/start.ts';

type Say = (line: string) => void;

export interface AllPrograms {
  readonly cluster: Programs;
  /** Undefined if it was not wanted, or cannot be built, which is told. */
  readonly velero: VeleroPrograms | undefined;
}

/** Undefined, with the reason told, where one of those without which there is no cluster cannot be built. */
export async function builtPrograms(withVelero: boolean, say: Say): Promise<AllPrograms | undefined> {
  const go = findGo();
  if (go === undefined) {
    console.error('The laboratory builds Kubernetes from its Go modules: install Go 1.26 or newer.');
    return undefined;
  }
  const files = new Map<string, string>();
  for (const program of withVelero ? [...clusterPrograms, ...veleroPrograms] : clusterPrograms) {
    const { file, refusal } = await build(go, program, say);
    if (file !== undefined) files.set(program.name, file);
    else console.error(`${program.name} cannot be built:\n${refusal}`);
  }
  const [etcd, apiServer, manager] = clusterPrograms.map(({ name }) => files.get(name));
  if (etcd === undefined || apiServer === undefined || manager === undefined) return undefined;
  const cluster = { etcd, 'kube-apiserver': apiServer, 'kube-controller-manager': manager };
  const [storage, plugin, velero] = veleroPrograms.map(({ name }) => files.get(name));
  if (storage === undefined || plugin === undefined || velero === undefined) return { cluster, velero: undefined };
  return { cluster, velero: { storage, 'velero-plugin-for-aws': plugin, velero } };
}

/** Restores by real Velero, in a control plane of their own; the exit code. */
export async function showRestores(
  { cluster, velero }: AllPrograms,
  folder: string,
  asked: Asked,
  say: Say,
): Promise<number> {
  if (velero === undefined) return 1;
  const controlPlane = await startControlPlane(cluster, folder);
  try {
    return await showAll(velero, controlPlane, asked, say);
  } finally {
    await controlPlane.close();
  }
}

/** The exit code. */
export async function runLaboratory(programs: Programs, folder: string, wanted: RegExp, say: Say): Promise<number> {
  const outcomes: Outcome[] = [];
  const real = await realPlace(programs, folder);
  const versions = await real.controlPlane.versions();
  say(`a control plane runs at ${real.url}`);
  try {
    outcomes.push(...(await runSuite(real, wanted, say)));
  } finally {
    await real.close();
  }
  const simulated = await simulatedPlace();
  try {
    outcomes.push(...(await runSuite(simulated, wanted, say)));
  } finally {
    await simulated.close();
  }
  const found = differences(outcomes);
  const failed = outcomes.filter(({ failure }) => failure !== undefined);
  const told = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  console.log(`\nVersions: ${told.join(', ')}`);
  console.log(found.length === 0 ? '\nThe two do not differ.' : `\nWhere the two differ:\n\n${found.join('\n\n')}`);
  console.log(`\n${outcomes.length - failed.length} passed, ${failed.length} failed`);
  return failed.length > 0 || outcomes.length === 0 ? 1 : 0;
}
