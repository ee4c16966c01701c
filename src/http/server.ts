/**
 * The API. One place where everything about HTTP is set: limits, ids, keys, problems, the document, the routes. It
 * holds no state and decides no rule; it reads requests, calls use cases and writes answers.
 */
import { randomUUID } from 'node:crypto';
import { type FastifyInstance, fastify, LogController } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import type { ZodType } from 'zod';
import { shapeFor } from './agent-refusals.ts';
import { knownCaller, requireKeys } from './auth.ts';
import { readJsonBodies, refuseUnexpectedBody } from './body.ts';
import { answerClientError, rememberAddress } from './client-errors.ts';
import { invalidInput } from './invalid-input.ts';
import { limits } from './limits.ts';
import { answerUnknownAddresses } from './not-found.ts';
import { documented } from './openapi/documented.ts';
import type { Api, HttpOptions, HttpPorts } from './ports.ts';
import { sendRefusal } from './problems.ts';
import { agentEventRoutes, agentTokenRoutes } from './resources/agent-events.ts';
import { apiKeyRoutes } from './resources/api-keys.ts';
import { applicationClassRoutes } from './resources/application-classes.ts';
import { applicationInstanceRoutes } from './resources/application-instances.ts';
import { blackoutWindowRoutes } from './resources/blackout-windows.ts';
import { clusterApplicationRoutes } from './resources/cluster-applications.ts';
import { clusterSuspensionRoutes } from './resources/cluster-suspension.ts';
import { clusterRoutes } from './resources/clusters.ts';
import { operationDetailRoutes } from './resources/operation-details.ts';
import { operationRoutes } from './resources/operations.ts';
import { organizationRoutes } from './resources/organizations.ts';
import { planApplicationRoutes } from './resources/plan-applications.ts';
import { protectionRoutes } from './resources/protection.ts';
import { protectionPlanRoutes } from './resources/protection-plans.ts';
import { recoveryPointRoutes } from './resources/recovery-points.ts';
import { retentionForecastRoutes } from './resources/retention-forecast.ts';
import { retentionOverrideRoutes } from './resources/retention-overrides.ts';
import { scheduleActionRoutes } from './resources/schedule-actions.ts';
import { scheduleRoutes } from './resources/schedules.ts';
import { serviceRoutes } from './resources/service.ts';
import { watchdogRoutes } from './resources/watchdog.ts';

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
      connectionsCheckingInterval: limits.timeoutCheckMs,
    },
    routerOptions: { maxParamLength: limits.pathParameterLength },
    forceCloseConnections: 'idle',
    // What still arrives on an open connection while we stop is served: a rolling restart fails no request.
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id);
      sendRefusal(error, request, reply, shapeFor(request.url));
    },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, options.logger),
  });

  app.setValidatorCompiler<ZodType>(({ schema, httpPart }) => (input) => {
    const { success, data, error } = schema.safeParse(input);
    return success
      ? { value: data }
      : { error: invalidInput({ part: httpPart ?? 'body', schema, input, issues: error.issues }) };
  });
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => sendRefusal(error, request, reply, shapeFor(request.url)));
  app.server.on('request', rememberAddress);
  // An unknown Expect is passed over, as RFC 9110 allows, rather than refused without a problem document.
  app.server.on('checkExpectation', (request, response) => app.routing(request, response));

  readJsonBodies(app);
  tellOfAnswers(app, ports);
  answerUnknownAddresses(app);
  requireKeys(app, ports);
  app.addHook('preValidation', refuseUnexpectedBody);

  const api: Api = app.withTypeProvider();
  await documented(api, () => {
    for (const routes of resources) routes(api, ports);
  });
  return app;
}

const resources = [
  serviceRoutes,
  organizationRoutes,
  apiKeyRoutes,
  applicationClassRoutes,
  retentionOverrideRoutes,
  protectionPlanRoutes,
  planApplicationRoutes,
  retentionForecastRoutes,
  applicationInstanceRoutes,
  clusterRoutes,
  clusterApplicationRoutes,
  clusterSuspensionRoutes,
  agentTokenRoutes,
  scheduleRoutes,
  scheduleActionRoutes,
  blackoutWindowRoutes,
  operationRoutes,
  operationDetailRoutes,
  recoveryPointRoutes,
  protectionRoutes,
  watchdogRoutes,
  agentEventRoutes,
];

/** Headers that every answer carries, and a line in the log for each. */
function tellOfAnswers(app: FastifyInstance, ports: HttpPorts): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    if (request.url.startsWith('/v1/')) reply.header('cache-control', 'no-store');
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
