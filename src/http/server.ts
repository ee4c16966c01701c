/**
 * The HTTP server of the API. This is the one place that sets limits, request ids, authentication, refusals, the
 * document and the routes. It keeps no state and decides no rule: it reads requests, calls use cases and writes
 * answers.
 */
import { randomUUID } from 'node:crypto';
import { type FastifyInstance, fastify, LogController } from 'fastify';
import type { ZodType } from 'zod';
import { Refusal } from '../core/kernel/rules/problem.ts';
import { refusalFormatFor } from './agents/refusals.ts';
import { answerSerializer } from './answer-serializer.ts';
import { knownCaller, requireKeys } from './kit/auth.ts';
import { readJsonBodies, refuseUnexpectedBody } from './kit/body.ts';
import { answerClientError, rememberAddress } from './kit/client-errors.ts';
import { invalidInput } from './kit/invalid-input.ts';
import { limits } from './kit/limits.ts';
import { answerUnknownAddresses } from './kit/not-found.ts';
import type { Api, HttpOptions } from './kit/ports.ts';
import { sendRefusal } from './kit/problems.ts';
import { documented } from './openapi/documented.ts';
import { type HttpPorts, routes } from './routes.ts';

/** Builds the server; the caller listens and closes. */
export async function buildServer(ports: HttpPorts, options: HttpOptions): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    trustProxy: options.trustProxy ?? false,
    bodyLimit: limits.bodyBytes,
    connectionTimeout: limits.connectionTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    handlerTimeout: limits.handlerTimeoutMs,
    http: {
      headersTimeout: limits.headersTimeoutMs,
      maxHeaderSize: limits.headerBytes,
      // Node would answer without a problem document; setHeadersAndLog refuses it with one.
      requireHostHeader: false,
      connectionsCheckingInterval: limits.timeoutCheckMs,
    },
    routerOptions: { maxParamLength: limits.pathParameterLength },
    forceCloseConnections: 'idle',
    // Requests on open connections are still served while the service stops, so a rolling restart fails none.
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id);
      sendRefusal(error, request, reply, refusalFormatFor(request.url));
    },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, options.logger),
  });

  app.setValidatorCompiler<ZodType>(({ schema, httpPart }) => (input) => {
    const { success, data, error } = schema.safeParse(input);
    return success
      ? { value: data }
      : { error: invalidInput({ part: httpPart ?? 'body', schema, input, issues: error.issues }) };
  });
  app.setSerializerCompiler(answerSerializer(options.logger));
  app.setErrorHandler((error, request, reply) => sendRefusal(error, request, reply, refusalFormatFor(request.url)));
  app.server.on('request', rememberAddress);
  // An unknown Expect is ignored, as RFC 9110 allows. Node would refuse it without a problem document.
  app.server.on('checkExpectation', (request, response) => app.routing(request, response));

  readJsonBodies(app);
  setHeadersAndLog(app, ports);
  answerUnknownAddresses(app);
  requireKeys(app, ports);
  app.addHook('preValidation', refuseUnexpectedBody);

  const api: Api = app.withTypeProvider();
  await documented(api, () => {
    for (const add of routes) add(api, ports);
  });
  return app;
}

/** Sets the headers that every answer carries, and logs a line for each answer. */
function setHeadersAndLog(app: FastifyInstance, ports: Pick<HttpPorts, 'draining'>): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    if (request.url.startsWith('/v1/')) reply.header('cache-control', 'no-store');
    if (request.raw.httpVersion === '1.1' && request.headers.host === undefined)
      throw new Refusal('malformed-request', 'A request by HTTP/1.1 needs the header Host.');
  });
  app.addHook('onSend', async (_, reply, payload) => {
    if (ports.draining()) reply.header('connection', 'close');
    return payload;
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    const { apiKeyId, onBehalfOf } = knownCaller(request) ?? {};
    const ms = Math.round(reply.elapsedTime);
    request.log.info(
      { method, route: routeOptions.url, status: reply.statusCode, ms, apiKeyId, onBehalfOf },
      'answered',
    );
  });
}

function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[A-Za-z0-9._-]{1,128}$/.test(header) ? header : randomUUID();
}
