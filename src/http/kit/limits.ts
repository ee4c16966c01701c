/**
 * The limits of one request. Fastify has no limit for most of them by default, so that a slow or hostile client could
 * hold a socket for ever.
 */
export const limits = {
  bodyBytes: 256 * 1024,
  /** Request line and headers together. */
  headerBytes: 16 * 1024,
  pathParameterLength: 200,
  /** Until the whole request has arrived. */
  requestTimeoutMs: 30_000,
  headersTimeoutMs: 15_000,
  /** How often Node checks the two time-outs above. */
  timeoutCheckMs: 5_000,
  /** Without a byte in either direction. Longer than a handler may take. */
  connectionTimeoutMs: 60_000,
  /** Longer than the minute for which load balancers keep an idle connection. */
  keepAliveTimeoutMs: 65_000,
  /** From the request to its answer. A check of a cluster ends within 15 s. */
  handlerTimeoutMs: 25_000,
  readinessTimeoutMs: 3_000,
} as const;
