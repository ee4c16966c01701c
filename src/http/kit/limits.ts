/**
 * What one request may cost. Fastify's own defaults are no limit at all for most of these, so a slow or hostile client
 * could hold a socket for ever.
 */
export const limits = {
  bodyBytes: 256 * 1024,
  /** Request line and headers together. */
  headerBytes: 16 * 1024,
  pathParameterLength: 200,
  /** For all of a request to arrive. */
  requestTimeoutMs: 30_000,
  headersTimeoutMs: 15_000,
  /** How often the two above are looked at. */
  timeoutCheckMs: 5_000,
  /** Without a byte either way. Longer than a handler may take. */
  connectionTimeoutMs: 60_000,
  /** Longer than a minute, which is what load balancers keep an idle connection. */
  keepAliveTimeoutMs: 65_000,
  /** From the request to its answer; a check of a cluster ends within 15 s. */
  handlerTimeoutMs: 25_000,
  readinessTimeoutMs: 3_000,
} as const;
