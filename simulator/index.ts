// The simulated cluster, as others use it: `startCluster()` and `startClusters()` and what they answer.
//
// Where it cannot answer as a real cluster does:
//   - Connections: the kernel completes the TCP handshake and acknowledges what comes, also in a black hole or half-open,
//     so a client's connect time-out and TCP keep-alive notice nothing; time-outs from TLS on do.
//   - Storage: a history of 5,000 changes; `compact`, `rewind` and `expired` reach no further. Nothing survives the process.
//   - Types: namespaces, events, storage classes, CRDs and the CRDs in `crds/`, one version each, in part reduced. No
//     secrets, pods or RBAC objects; rights are a list. A deleted CRD goes at once and is never Terminating.
//   - Protocol: no client certificates, no compression, no answers in protobuf, no websockets, GOAWAY only after a
//     401. Priority and fairness and quotas only as faults. Admission is the operator's webhook alone.
//   - Ages in tables go by the machine's clock while `clockSkew` is active or the clock was moved.

export { startCluster } from './cluster.ts';
export type { Fault } from './fault-kinds.ts';
export { startClusters } from './many.ts';
export { ObjectStorage } from './object-storage.ts';
export type { ClusterOptions, EventsOptions, SimulatedCluster } from './options.ts';
export { makeTls } from './tls.ts';
