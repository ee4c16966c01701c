/** /v1/api-keys: the keys that callers send. The secret of a key is in the answer that creates it and nowhere else. */

import { z } from 'zod';
import { createApiKey, revokeApiKey } from '../../core/access/api-keys.ts';
import { own } from '../../core/access/call.ts';
import type { ApiKeysTable, OrganizationsTable } from '../../core/access/ports.ts';
import { callerOf } from '../kit/auth.ts';
import { answerOnce, created, done } from '../kit/calls.ts';
import { CreationOrder, listed, listOf, listQuery } from '../kit/paging.ts';
import { ById, PostHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { about } from '../kit/route.ts';
import { ApiKey, NewApiKey, shownApiKey } from './api-key-schemas.ts';

const tag = 'api-keys';
const ApiKeyList = listOf('ApiKeyList', ApiKey, 'API keys');
const ApiKeyCreated = z
  .object({
    ...ApiKey.shape,
    secret: z
      .string()
      .describe(
        'The key itself: send it as a Bearer token. Only the answer that creates the key contains it; the service stores its hash.',
      ),
  })
  .meta({ id: 'ApiKeyCreated', description: 'A new API key with its secret.' });

export function apiKeyRoutes(api: Api, ports: RoutePorts<ApiKeysTable & OrganizationsTable>): void {
  const { apiKeys } = ports.store.tables;

  api.post(
    '/v1/api-keys',
    about(
      {
        operationId: 'createApiKey',
        scope: 'api-keys:write',
        tag,
        summary: 'Create an API key',
        description:
          'A key can give a new key only scopes that it has itself. Only this answer contains `secret`, and its replays by Idempotency-Key.',
      },
      { headers: PostHeaders, body: NewApiKey, response: { 201: ApiKeyCreated } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) => {
        const { key, secret } = await createApiKey(call, request.body);
        return created('/v1/api-keys', { ...key, secret });
      }),
  );

  api.get(
    '/v1/api-keys',
    about(
      {
        operationId: 'listApiKeys',
        scope: 'api-keys:read',
        tag,
        summary: 'List API keys',
        description: 'The API keys of the organization without their secrets, including revoked ones.',
      },
      { querystring: listQuery(CreationOrder.default('createdAt'), {}), response: { 200: ApiKeyList } },
    ),
    (request) =>
      listed(request.query, async (query) => {
        const { items, nextCursor } = await apiKeys.page(callerOf(request).organizationId, query);
        return { items: items.map(shownApiKey), nextCursor };
      }),
  );

  api.get(
    '/v1/api-keys/:id',
    about(
      { operationId: 'getApiKey', scope: 'api-keys:read', tag, summary: 'Get an API key' },
      { params: ById, response: { 200: ApiKey } },
    ),
    async (request) => shownApiKey(await own(apiKeys, callerOf(request), 'API key', request.params.id)),
  );

  api.post(
    '/v1/api-keys/:id/revoke',
    about(
      {
        operationId: 'revokeApiKey',
        scope: 'api-keys:write',
        tag,
        summary: 'Revoke an API key',
        description:
          'The service refuses the key from now on. Revoking it again changes nothing. The last valid key with platform:admin cannot be revoked. The key that ADMIN_API_KEY gives is valid again after the next start: change the variable to be rid of it.',
        refusals: [409],
      },
      { params: ById, headers: PostHeaders, response: { 200: ApiKey } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) => done(await revokeApiKey(call, request.params.id))),
  );
}
