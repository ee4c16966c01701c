/**
 * Authenticates the caller of every route under /v1 and checks its scope, before a body is read. A route that names no
 * scope cannot be called, so a forgotten scope shows at once.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { authenticate } from '../../core/access/api-keys.ts';
import { type Caller, requireScope } from '../../core/access/rules/access.ts';
import type { Scope } from '../../core/catalogue.ts';
import { Refusal } from '../../core/kernel/rules/problem.ts';
import type { ServerPorts } from './ports.ts';

/** `anyKey`: any valid API key. `agentToken`: the token of a cluster's agent. `public`: no key at all. */
export type RouteScope = Scope | 'anyKey' | 'agentToken' | 'public';

declare module 'fastify' {
  interface FastifyContextConfig {
    scope?: RouteScope;
  }
}

const bearer = /^Bearer +([\x21-\x7e]{1,512}) *$/i;

export function requireKeys(app: FastifyInstance, ports: ServerPorts): void {
  app.decorateRequest('caller');
  app.addHook('onRequest', async (request) => {
    const { scope } = request.routeOptions.config;
    if (scope === 'public' || !request.routeOptions.url?.startsWith('/v1/')) return;
    if (scope === undefined) throw new Error(`The route ${request.routeOptions.url} names no scope.`);
    const caller = await authenticate(ports, bearerOf(request));
    if (scope !== 'anyKey' && scope !== 'agentToken') requireScope(caller, scope);
    // After the key: a caller without one learns nothing but that.
    const person = onBehalfOf(request.headers['x-on-behalf-of']);
    request.setDecorator<Caller>('caller', {
      ...caller,
      requestId: request.id,
      ...(person !== undefined && { onBehalfOf: person }),
    });
  });
}

/** The Bearer token; `undefined` when the request has none, or none that could be valid. */
export function bearerOf(request: FastifyRequest): string | undefined {
  return bearer.exec(request.headers.authorization ?? '')?.[1];
}

/** The caller for the log; `undefined` when the request was refused before it had one. */
export function knownCaller(request: FastifyRequest): Caller | undefined {
  return request.getDecorator<Caller | undefined>('caller');
}

/** The caller of a request under /v1. */
export function callerOf(request: FastifyRequest): Caller {
  return request.getDecorator<Caller>('caller');
}

/**
 * The person for whom the client acts. Header values are bytes: they are read as UTF-8 if they are valid, else as
 * Latin-1.
 */
function onBehalfOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const bytes = Buffer.from(String(header), 'latin1');
  const utf8 = bytes.toString('utf8');
  const name = (utf8.includes('\uFFFD') ? bytes.toString('latin1') : utf8).trim();
  if (/^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u.test(name)) return name;
  const detail = 'must be 1 to 200 printable characters.';
  throw new Refusal('invalid-request', `X-On-Behalf-Of ${detail}`, {
    errors: [{ pointer: 'header/X-On-Behalf-Of', detail }],
  });
}
