/** Charges each request to its budgets: the hooks of the server that budgets.ts decides for. */
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../../core/kernel/rules/problem.ts';
import { knownCaller } from '../kit/auth.ts';
import { hasField } from '../kit/route.ts';
import { type BudgetLimits, type Budgets, budgetsOf, OverBudget, type Standing } from './budgets.ts';

/**
 * How long a refusal is held back: between these two, by chance, because clients that are answered in one moment come
 * back in one moment.
 */
const heldBackMs = { least: 250, most: 1_000 };
/** The page size of a list that names none, or one that will be refused. */
const usualPage = 50;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route answers with a page of a list. */
    isList?: boolean;
  }
}

/** To be called before hooks that refuse requests without a key, and before routes are added. */
export function limitAddresses(app: FastifyInstance, budgets: Budgets): void {
  app.addHook('onRequest', async (request) => {
    const { url = '', config } = request.routeOptions;
    if (isHealth(url) || (config.scope !== undefined && config.scope !== 'public')) return;
    budgets.spendOfAddress(request.ip);
  });
}

/** To be called once callers are known, and before routes are added. */
export function limitCallers(app: FastifyInstance, budgets: Budgets): void {
  app.addHook('onRoute', (route) => {
    const { handler } = route;
    if (!route.url.startsWith('/v1/')) return;
    route.config = { ...route.config, isList: hasField(route.schema?.querystring, 'limit') };
    route.handler = async function (request, reply) {
      const caller = knownCaller(request);
      const work = async () => handler.call(this, request, reply);
      return caller === undefined ? work() : budgets.during(caller, pageSizeOf(request), work);
    };
  });
  app.addHook('onRequest', async (request, reply) => {
    const caller = knownCaller(request);
    if (caller === undefined) return;
    const bodyBytes = Number(request.headers['content-length'] ?? 0);
    const standings = budgets.spend(caller, { pageSize: pageSizeOf(request), bodyBytes });
    if (standings.length > 0) reply.headers(headersOf(standings));
  });
}

/** What to answer for `error`: after too many refused keys of one address it is 429. Refusals of budgets are held back. */
export async function chargeRefusal(
  budgets: Budgets,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  let answered = error;
  if (error instanceof Refusal && error.code === 'unauthenticated') {
    try {
      budgets.spendOfAddress(request.ip);
    } catch (overBudget) {
      answered = overBudget;
    }
  }
  if (answered instanceof OverBudget) {
    if (answered.standings.length > 0) reply.headers(headersOf(answered.standings));
    const { least, most } = heldBackMs;
    await delay(least + Math.random() * (most - least), undefined, { ref: false });
  }
  return answered;
}

/** Without limits nothing is charged. */
export function budgetsFor(limits: BudgetLimits | undefined, now?: () => number): Budgets {
  return budgetsOf(
    limits ?? { keyPerSecond: 0, organizationPerSecond: 0, organizationAtOnce: 0, addressPerSecond: 0 },
    now,
  );
}

function isHealth(url: string): boolean {
  return /^\/(livez|readyz)(\/|$)/.test(url);
}

function pageSizeOf({ routeOptions, query }: FastifyRequest): number | undefined {
  if (routeOptions.config.isList !== true) return undefined;
  const limit = typeof query === 'object' && query !== null && 'limit' in query ? Number(query.limit) : usualPage;
  return limit >= 1 && limit <= 200 ? limit : usualPage;
}

/** RateLimit and RateLimit-Policy of the IETF's draft (draft-ietf-httpapi-ratelimit-headers). */
function headersOf(standings: readonly Standing[]): Record<string, string> {
  const policy = standings.map(
    ({ name, rate: { perSecond, burst } }) => `"${name}";q=${burst};w=${Math.ceil(burst / perSecond)}`,
  );
  const now = standings.map(
    ({ name, rate: { perSecond, burst }, left }) =>
      `"${name}";r=${Math.floor(left)};t=${Math.ceil((burst - left) / perSecond)}`,
  );
  return { 'ratelimit-policy': policy.join(', '), ratelimit: now.join(', ') };
}
