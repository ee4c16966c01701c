// The simulated cluster, as others use it: `startCluster()` and `startClusters()` and what they answer.

export { DEFAULT_APPROVAL_SECRET } from './approval.ts';
export { startCluster } from './cluster.ts';
export type { Fault, FaultKind } from './faultkinds.ts';
export type { ManyOptions, SimulatedClusters } from './many.ts';
export { startClusters } from './many.ts';
export type { ClusterOptions, EventsOptions, SimulatedCluster, StorageLocation } from './options.ts';
export type { Rule } from './rbac.ts';
export type { ServerTls } from './tls.ts';
export { makeTls } from './tls.ts';
