// Paths that are no resources: discovery, versions, health, OpenAPI.

import { aggregated, apiGroup, apiGroupList, apiVersions, resourceList } from './discovery.ts';
import type { JsonObject } from './json.ts';
import type { Form } from './negotiate.ts';
import { negotiate } from './negotiate.ts';
import { openApiV2, openApiV3, openApiV3Index } from './openapi.ts';
import type { Reply } from './reply.ts';
import type { RequestInfo } from './request.ts';
import type { ApiSettings } from './settings.ts';
import { notAcceptable, pageNotFound } from './status.ts';

const DISCOVERY = 'APIGroupDiscoveryList';

export function answerPath(settings: ApiSettings, info: RequestInfo, accept: string | undefined): Reply {
  const { registry } = settings.server;
  const { path } = info;
  const object = (body: JsonObject | undefined, form: Form = negotiate(accept, [])): Reply => {
    if (body === undefined) throw pageNotFound();
    return { code: 200, body, form };
  };
  if (['/healthz', '/livez', '/readyz'].includes(path)) return { code: 200, text: 'ok' };
  if (path === '/version' || path === '/version/') return object(settings.versionInfo);
  if (path === '/api' || path === '/apis') {
    const form = negotiate(accept, [DISCOVERY]);
    const versions = ['v2', 'v2beta1'];
    if (form.as === DISCOVERY && versions.includes(form.version)) {
      const body = aggregated(registry, path === '/api', `${form.group}/${form.version}`);
      const type = `application/json;g=${form.group};v=${form.version};as=${DISCOVERY}`;
      return { code: 200, body, form, headers: { 'Content-Type': type, Vary: 'Accept' } };
    }
    return object(path === '/api' ? apiVersions(settings.address()) : apiGroupList(registry), form);
  }
  if (path === '/openapi/v2') {
    if (!/application\/json|\*\/\*/.test(accept ?? '*/*')) throw notAcceptable();
    return object(openApiV2(registry, 'v1'));
  }
  if (path === '/openapi/v3') return object(openApiV3Index(registry));
  if (path.startsWith('/openapi/v3/')) return object(openApiV3(registry, path.slice('/openapi/v3/'.length)));
  const [root, group = '', version] = path.split('/').filter((part) => part !== '');
  if (root === 'api' && version === undefined) return object(resourceList(registry, '', group));
  if (root === 'apis')
    return object(version === undefined ? apiGroup(registry, group) : resourceList(registry, group, version));
  throw pageNotFound();
}
