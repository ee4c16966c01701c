/** Serves the document at /openapi.json and the pages at /docs. Both follow from the routes and need no network. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import type { Api } from '../kit/ports.ts';
import { about } from '../kit/route.ts';
import { finish } from './finish.ts';
import { description, tags } from './introduction.ts';

/** Where the plugin for the pages serves the document as well, with the media type. */
const copies: Readonly<Record<string, string>> = { '/docs/json': 'application/json', '/docs/yaml': 'application/yaml' };

/** Registers `routes` in such a way that each is in the document. */
export async function documented(api: Api, routes: () => void): Promise<void> {
  await api.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: { title: 'vWorkspace backups', version: '1.0.0', description },
      servers: [{ url: '/', description: 'The service that serves this document.' }],
      tags: [...tags],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API key: `Authorization: Bearer vwb_…`.' },
          agentBearer: {
            type: 'http',
            scheme: 'bearer',
            description: "The token of a cluster's agent: `Authorization: Bearer vwksp-agt-…` (`createAgentToken`).",
          },
        },
      },
      security: [{ bearer: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: finish,
  });
  let document: Buffer | undefined;
  const documentText = () => {
    document ??= Buffer.from(JSON.stringify(api.swagger()));
    return document;
  };
  // The plugin would write the document anew for each request: 10 ms as JSON, and many times that as YAML. JSON is YAML.
  api.addHook('onRoute', (route) => {
    const type = copies[route.url];
    if (type !== undefined) route.handler = async (_, reply) => reply.type(type).send(documentText());
  });
  await api.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    // Over plain http it would ask for the page's scripts over https, where nobody answers.
    transformStaticCSP: (policy) => policy.replace(/ *upgrade-insecure-requests;?/, ''),
    uiConfig: { docExpansion: 'list', deepLinking: true, validatorUrl: null, tryItOutEnabled: false },
  });

  const address = about(
    { operationId: 'getOpenApiDocument', scope: 'public', tag: 'service', summary: 'Get this document' },
    {},
  );
  api.get('/openapi.json', { ...address, schema: { ...address.schema, hide: true } }, async (_, reply) =>
    reply.type('application/json').send(documentText()),
  );

  routes();
}
