/**
 * The HTTP server of a process that does not serve the API: it answers the platform's probes, and nothing else.
 */
import { type FastifyInstance, fastify, LogController } from 'fastify';
import { answerSerializer } from './answer-serializer.ts';
import { limits } from './kit/limits.ts';
import type { Api, HttpOptions, ServicePorts } from './kit/ports.ts';
import { answerUnknownAddresses } from './kit/refusals/not-found.ts';
import { problemFormat, sendRefusal } from './kit/refusals/problems.ts';
import { readBySchemas } from './kit/schemas.ts';
import { serviceRoutes } from './service.ts';

/** Builds the server; the caller listens and closes. */
export function buildProbes(ports: ServicePorts, options: HttpOptions): FastifyInstance {
  const app = fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: 1024,
    connectionTimeout: limits.connectionTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    handlerTimeout: limits.handlerTimeoutMs,
    http: { headersTimeout: limits.headersTimeoutMs, maxHeaderSize: limits.headerBytes },
    forceCloseConnections: true,
  });
  readBySchemas(app);
  app.setSerializerCompiler(answerSerializer(options.logger));
  app.setErrorHandler((error, request, reply) => sendRefusal(error, request, reply, problemFormat));
  answerUnknownAddresses(app);
  const api: Api = app.withTypeProvider();
  serviceRoutes(api, ports);
  return app;
}
