/**
 * Who records what others did in a cluster, and who registers or removes an application there, wait for each other: so
 * neither misses what the other has just written. Held until the transaction ends; `$1` is the cluster.
 */
export const lockMirror = `select pg_advisory_xact_lock(hashtextextended($1::text, 2))`;
