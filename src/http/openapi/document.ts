/** The document without a running service: the server is built with ports that nobody calls. */
import type { FastifyBaseLogger } from 'fastify';
import type { HttpPorts } from '../routes.ts';
import { buildServer } from '../server.ts';
import type { Document } from './types.ts';

export async function apiDocument(logger: FastifyBaseLogger): Promise<Document> {
  const app = await buildServer(noPorts(), { logger });
  await app.ready();
  const document = app.swagger();
  await app.close();
  return document as unknown as Document;
}

/** Whatever is asked of it is another such object; it can be passed around and never be used. */
function noPorts(): HttpPorts {
  const nothing: object = new Proxy(() => undefined, { get: () => nothing });
  return nothing as HttpPorts;
}
