/**
 * The HTTP server of the API. This is the one place that sets limits, request ids, authentication, refusals, the
 * document and the routes. It keeps no state and decides no rule: it reads requests, calls use cases and writes
 * answers.
 */
import { randomUUID } from 'node:crypto';
import { type FastifyInstance, fastify, LogController } from 'fastify';
import { Refusal } from '../core/kernel/rules/problem.ts';
import { refusalFormatFor } from './agents/refusals.ts';
import { answerSerializer } from './answer-serializer.ts';
import { budgetsFor, chargeRefusal, limitAddresses, limitCallers } from './budgets/keep-budgets.ts';
import { tokenBuckets } from './budgets/token-buckets.ts';
import { knownCaller, requireKeys } from './kit/auth.ts';
import { readJsonBodies, refuseBrokenOff, refuseUnexpectedBody } from './kit/body.ts';
import { limits } from './kit/limits.ts';
import type { Api, HttpOptions } from './kit/ports.ts';
import { answerClientError, rememberAddress } from './kit/refusals/client-errors.ts';
import { answerUnknownAddresses } from './kit/refusals/not-found.ts';
import { sendRefusal } from './kit/refusals/problems.ts';
import { readBySchemas } from './kit/schemas.ts';
import { documented } from './openapi/documented.ts';
import { type HttpPorts, routes } from './routes.ts';

/** Builds the server; the caller listens and closes. */
export async function buildServer(ports: HttpPorts, options: HttpOptions): Promise<FastifyInstance> {
  const { headersTimeoutMs, timeoutCheckMs } = { ...limits, ...options.timeouts };
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
      headersTimeout: headersTimeoutMs,
      maxHeaderSize: limits.headerBytes,
      // Node would answer without a problem document; setHeadersAndLog refuses it with one.
      requireHostHeader: false,
      connectionsCheckingInterval: timeoutCheckMs,
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

  readBySchemas(app);
  app.setSerializerCompiler(answerSerializer(options.logger));
  const budgets = budgetsFor(options.budgets, options.budgetTime);
  app.setErrorHandler(async (error, request, reply) =>
    sendRefusal(await chargeRefusal(budgets, error, request, reply), request, reply, refusalFormatFor(request.url)),
  );
  app.server.on('request', rememberAddress);
  // An unknown Expect is ignored, as RFC 9110 allows. Node would refuse it without a problem document.
  app.server.on('checkExpectation', (request, response) => app.routing(request, response));

  readJsonBodies(app);
  setHeadersAndLog(app, ports);
  limitAddresses(app, budgets);
  answerUnknownAddresses(app);
  requireKeys(app, ports);
  limitCallers(app, budgets);
  app.addHook('preParsing', refuseBrokenOff);
  app.addHook('preValidation', refuseUnexpectedBody);

  const api: Api = app.withTypeProvider();
  await documented(api, () => {
    for (const add of routes) add(api, ports);
  });
  return app;
}

/** Sets the headers that every answer carries, and logs a line for each answer. */
function setHeadersAndLog(app: FastifyInstance, ports: Pick<HttpPorts, 'draining'>): void {
  const refusedLogs = limitedLogs();
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
    const status = reply.statusCode;
    const refused = status === 401 || status === 429 ? refusedLogs.next(request.ip) : {};
    if (refused === undefined) return;
    request.log.info({ method, route: routeOptions.url, status, ms, apiKeyId, onBehalfOf, ...refused }, 'answered');
  });
}

/**
 * For the log lines of callers that are refused: their address, and how many lines were left out before. `undefined`:
 * this line is left out, because the address has had enough of them.
 */
function limitedLogs() {
  const buckets = tokenBuckets({ perSecond: 1, burst: 50 });
  let leftOutCount = 0;
  return {
    next(address: string): { readonly address: string; readonly leftOutCount?: number } | undefined {
      if (buckets.take(address, performance.now()).waitSeconds > 0) {
        leftOutCount += 1;
        return undefined;
      }
      const leftOut = leftOutCount > 0 && { leftOutCount };
      leftOutCount = 0;
      return { address, ...leftOut };
    },
  };
}

function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[A-Za-z0-9._-]{1,128}$/.test(header) ? header : randomUUID();
}
