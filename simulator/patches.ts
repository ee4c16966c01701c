// The three kinds of PATCH that custom resources take: merge patch (RFC 7386), JSON patch (RFC 6902) and server-side
// apply. A strategic merge patch is refused with 415, as a real server refuses it for custom resources.

import type { WriteOptions } from './decode.ts';
import { checkMetadata, dropUnknown, parseYaml } from './decode.ts';
import type { Json, JsonObject } from './json.ts';
import { at, isObject, parseJson, text } from './json.ts';
import { patched } from './json-patch.ts';
import { applied } from './managed.ts';
import type { Server, Written } from './objects.ts';
import { create, namespaceMismatch, update } from './objects.ts';
import type { ResourceType } from './registry.ts';
import { badRequest, conflict, internal, invalidOptions, notFound, unsupportedMediaType } from './status.ts';
import { typeProblem } from './typed-problem.ts';

const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';

export interface PatchRequest {
  readonly type: ResourceType;
  readonly namespace: string;
  readonly name: string;
  readonly body: string;
  readonly contentType: string;
  /** What `?fieldManager=` said; the options' manager falls back to the user agent. */
  readonly fieldManager: string;
  readonly force: boolean | undefined;
}

function mergePatch(target: Json, change: Json): Json {
  if (!isObject(change)) return change;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key] ?? null, value);
  }
  return result;
}

function checkIdentity(request: PatchRequest, object: JsonObject): void {
  const name = text(object, 'metadata', 'name');
  if (name === '')
    throw badRequest(`the name of the object (${request.name} based on URL) was undeterminable: name must be provided`);
  if (name !== request.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${request.name})`);
  const namespace = text(object, 'metadata', 'namespace');
  if (namespace !== '' && request.type.namespaced && namespace !== request.namespace) throw namespaceMismatch();
}

function parseBody(body: string): Json {
  try {
    return parseJson(body);
  } catch (error) {
    throw badRequest(`error decoding patch: ${error instanceof Error ? error.message : ''}`);
  }
}

function applyPatch(server: Server, request: PatchRequest, options: WriteOptions): Written {
  const { type, namespace, name } = request;
  if (request.fieldManager === '') {
    throw invalidOptions(
      'PatchOptions',
      'fieldManager',
      'FieldValueRequired',
      'Required value: is required for apply patch',
    );
  }
  const config = parseYaml(request.body, 'error decoding YAML: ');
  if (!isObject(config))
    throw badRequest('error decoding YAML: json: cannot unmarshal into Go value of type map[string]interface {}');
  const [group, version] = text(config, 'apiVersion').includes('/')
    ? text(config, 'apiVersion').split('/')
    : ['', text(config, 'apiVersion')];
  if (text(config, 'kind') !== type.kind || group !== type.group || version !== type.version) {
    throw badRequest(
      `invalid object type: ${group === '' && version === '' ? '/' : text(config, 'apiVersion')}, Kind=${text(config, 'kind')}`,
    );
  }
  checkIdentity(request, config);
  if (at(config, 'metadata', 'managedFields') !== undefined) throw badRequest('metadata.managedFields must be nil');
  const problem = typeProblem(type.schema, config);
  if (problem !== undefined) {
    throw internal(
      `failed to create typed patch object (${text(config, 'metadata', 'namespace')}/${name}; ${type.apiVersion}, Kind=${type.kind}): ${problem}`,
    );
  }
  const live = server.store.get(type, namespace, name);
  const writer = {
    manager: request.fieldManager,
    apiVersion: type.apiVersion,
    subresource: options.subresource,
    hasStatus: type.hasStatus,
  };
  const force = request.force ?? false;
  if (live !== undefined)
    return update(
      server,
      type,
      live,
      applied(type.schema, live, config, writer, force, server.clock.text()),
      options,
      true,
    );
  if (options.subresource !== '') throw notFound(type, name);
  const uid = text(config, 'metadata', 'uid');
  if (uid !== '') {
    throw conflict(
      type,
      name,
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    );
  }
  const empty: JsonObject = { apiVersion: type.apiVersion, kind: type.kind, metadata: {} };
  return create(
    server,
    type,
    namespace,
    applied(type.schema, empty, config, writer, force, server.clock.text()),
    options,
    true,
  );
}

export function patch(server: Server, request: PatchRequest, options: WriteOptions): Written {
  const { type, namespace, name } = request;
  const media = (request.contentType.split(';')[0] ?? '').trim();
  if (media === APPLY) return applyPatch(server, request, options);
  if (media !== MERGE && media !== JSON_PATCH) throw unsupportedMediaType([JSON_PATCH, MERGE, APPLY]);
  if (request.force !== undefined) {
    throw invalidOptions(
      'PatchOptions',
      'force',
      'FieldValueForbidden',
      'Forbidden: may not be specified for non-apply patch',
    );
  }
  const change = parseBody(request.body);
  const live = server.store.get(type, namespace, name);
  if (live === undefined) throw notFound(type, name);
  const next = media === MERGE ? mergePatch(live, change) : patched(live, change);
  if (!isObject(next)) throw badRequest('the patch does not leave an object');
  checkIdentity(request, next);
  checkMetadata(type, next);
  return update(server, type, live, dropUnknown(type, next, options, true), options);
}
