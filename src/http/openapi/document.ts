/** Makes the document without a running service: it builds the server with ports that nobody calls. */
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

/** An object whose every property is another such object: it can be passed on, and never be used. */
function noPorts(): HttpPorts {
  const nothing: object = new Proxy(() => undefined, { get: () => nothing });
  return nothing as HttpPorts;
}
