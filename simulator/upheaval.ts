// Faults that strike the whole cluster and not one request: its listener, its watches, the types it serves, a namespace.
// What begins here also ends here, when the fault is cleared or its time is over.

import { remove } from './deletes.ts';
import type { Fault } from './fault-kinds.ts';
import type { Faults } from './faults.ts';
import type { Listener } from './listener.ts';
import type { Server } from './objects.ts';
import { create, writeOptions } from './objects.ts';
import { CRDS, NAMESPACES, shippedCrd } from './registry.ts';
import type { ServerTls } from './tls.ts';
import { makeTls } from './tls.ts';
import type { WatchStream } from './watch.ts';

export interface Ground {
  readonly server: Server;
  readonly faults: Faults;
  readonly listener: Listener;
  readonly watches: ReadonlySet<WatchStream>;
  readonly tls: ServerTls;
  readonly hosts: readonly string[];
  /** False while somebody has stopped the cluster by hand. */
  readonly wanted: () => boolean;
}

/** As deleting a CRD does: its objects go with it. */
export function removeCrd({ store }: Server, plural: string): void {
  const crd = store.get(CRDS, '', shippedCrd(plural).name);
  if (crd !== undefined) store.remove(CRDS, crd);
}

export function restoreCrd(server: Server, plural: string): void {
  const { crd, name } = shippedCrd(plural);
  if (server.store.get(CRDS, '', name) === undefined) create(server, CRDS, '', crd, writeOptions('simulator'));
}

export function deleteNamespace(server: Server, name: string): void {
  const namespace = server.store.get(NAMESPACES, '', name);
  if (namespace !== undefined) remove(server, NAMESPACES, namespace, { uid: '', resourceVersion: '', dryRun: false });
}

/** Opens or closes the listener as the faults and whoever holds the cluster want it. */
export function settle({ faults, listener, wanted }: Ground): Promise<void> {
  const refuses = faults.all('unreachable').some(({ mode = 'refuse' }) => mode === 'refuse');
  return wanted() && !refuses ? listener.open() : listener.close();
}

async function certificateNow({ faults, tls, hosts }: Ground): Promise<{ certPem: string; keyPem: string }> {
  const fault = faults.all('certificate').at(-1);
  if (fault === undefined) return tls;
  if (fault.problem === 'name') return tls.issue(['elsewhere.example']);
  return fault.problem === 'expired' ? tls.issue(hosts, true) : makeTls(hosts);
}

function hush({ faults, listener }: Ground, fault: Fault, change: 'begun' | 'ended'): void {
  const halfOpen = fault.kind === 'halfOpen' ? fault : undefined;
  if (change === 'begun') {
    listener.silence(halfOpen?.only ?? 'all');
    return;
  }
  const others = faults.all('unreachable').some(({ mode }) => mode === 'blackHole') || faults.active('halfOpen');
  if (!others) listener.hear(halfOpen?.heals ?? false);
}

function endWatches({ faults, watches }: Ground): void {
  for (const watch of [...watches]) {
    const drop = faults.take('dropWatches', watch.target);
    if (drop !== undefined) watch.end(drop.abrupt);
  }
}

export function upheave(ground: Ground, fault: Fault, change: 'begun' | 'ended'): void {
  const { server, watches, listener } = ground;
  const begun = change === 'begun';
  switch (fault.kind) {
    case 'unreachable':
      if (fault.mode === 'blackHole') hush(ground, fault, change);
      else void settle(ground);
      return;
    case 'halfOpen':
      hush(ground, fault, change);
      return;
    case 'certificate':
      listener.show(certificateNow(ground));
      return;
    case 'dropWatches':
      if (begun) endWatches(ground);
      return;
    case 'mute':
    case 'silentWatches':
      for (const watch of [...watches]) watch.flush();
      return;
    case 'crdGone':
      for (const plural of fault.resources) (begun ? removeCrd : restoreCrd)(server, plural);
      return;
    case 'namespaceTerminating':
      if (begun) for (const name of fault.namespaces) deleteNamespace(server, name);
      return;
    default:
      return;
  }
}
