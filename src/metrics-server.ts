/**
 * /metrics on an address of its own, in Prometheus' text format. Metrics name the clusters of every organization and
 * need no key, so they are never on the API's port; each process serves its own, whatever its roles.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Log } from './core/kernel/ports.ts';

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

interface Address {
  readonly host: string;
  readonly port: number;
  /** If false, the service also runs without its metrics when the port is taken. */
  readonly required: boolean;
}

export async function serveMetrics(
  { host, port, required }: Address,
  read: () => Promise<{ readonly contentType: string; readonly text: string }>,
  log: Log,
): Promise<MetricsServer | undefined> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    const path = request.url?.split('?', 1).join('');
    if (path !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404).end();
      return;
    }
    read().then(
      ({ contentType, text }) => response.writeHead(200, { 'content-type': contentType }).end(text),
      (error: unknown) => {
        log.error({ err: error }, 'metrics could not be read');
        response.writeHead(500).end();
      },
    );
  });
  server.maxConnections = 32;
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (required) throw new Error(`Metrics cannot be served at ${host}:${port} (METRICS_PORT).`, { cause: error });
    log.warn({ err: error, host, port }, 'metrics are not served: the port is taken; set METRICS_PORT');
    return undefined;
  }
  const address = server.address();
  const chosen = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${chosen}/metrics`,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
