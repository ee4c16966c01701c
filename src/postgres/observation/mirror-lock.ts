/**
 * One lock for each cluster. A watch takes it to record what others did there; a request takes it to register an
 * application there or to remove the cluster. So neither misses what the other has just written. It is held until the
 * transaction ends.
 */
/** `$1` is the id of the cluster. */
export const lockMirror = `select pg_advisory_xact_lock(hashtextextended($1::text, 2))`;
