/**
 * The description of a route, given once. The document, the list of operations and the check of scopes follow from it.
 */
import type { FastifySchema } from 'fastify';
import { z } from 'zod';
import type { RouteScope } from './auth.ts';

export interface About {
  readonly operationId: string;
  readonly scope: RouteScope;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Statuses of refusals, beside those that follow from the scope, the headers and the body. */
  readonly refusals?: readonly number[];
}

declare module 'fastify' {
  interface FastifySchema {
    'x-required-scope'?: string;
    'x-refusals'?: readonly number[];
  }
}

/** For routes that name no query: a parameter that is ignored would mean something to the client that sends it. */
const noQuery = z.strictObject({});

/**
 * The options of a Fastify route: its schemas and its description. Unknown query parameters are refused, but for an
 * agent: its protocol ignores what it does not know.
 */
export function about<const Schema extends FastifySchema>(
  { operationId, scope, tag, summary, description, refusals = [] }: About,
  schema: Schema,
): { readonly config: { readonly scope: RouteScope }; readonly schema: Schema } {
  const text = description === undefined ? '' : `${description}\n\n`;
  return {
    config: { scope },
    schema: {
      ...(scope !== 'agentToken' && { querystring: noQuery }),
      ...schema,
      operationId,
      summary,
      tags: [tag],
      description: `${text}${scopeText(scope)}`,
      'x-required-scope': scope,
      'x-refusals': [...new Set([...usualRefusals(scope, schema), ...refusals])].sort(),
    },
  };
}

function scopeText(scope: RouteScope): string {
  if (scope === 'public') return 'No API key is needed.';
  if (scope === 'agentToken') return 'An agent token of a cluster is needed.';
  return scope === 'anyKey' ? 'Any valid API key may call it.' : `Scope: \`${scope}\`.`;
}

function usualRefusals(scope: RouteScope, { params, body, headers }: FastifySchema): readonly number[] {
  if (scope === 'public') return [500];
  // Its content is never refused.
  if (scope === 'agentToken') return [401, 429, 500, 503];
  return [
    ...[400, 401, 429, 500, 503],
    ...(scope === 'anyKey' ? [] : [403]),
    ...(params === undefined ? [] : [404]),
    ...(body === undefined ? [] : [408, 413, 415, 422]),
    ...(hasField(headers, 'idempotency-key') ? [408, 409, 413, 415, 422] : []),
    ...(hasField(headers, 'if-match') ? [412] : []),
  ];
}

/** Whether the schema, an object of zod, has the field. */
export function hasField(schema: unknown, name: string): boolean {
  return (
    typeof schema === 'object' && schema !== null && 'shape' in schema && Object.hasOwn(Object(schema.shape), name)
  );
}
