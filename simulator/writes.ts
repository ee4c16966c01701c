// Writes: what a create, update, patch or delete says in its query and body, handed to the write path.

import type { FieldValidation, WriteOptions } from './decode.ts';
import { decodeBody, dropUnknown } from './decode.ts';
import { deleteOptionsOf, remove } from './deletes.ts';
import type { JsonObject } from './json.ts';
import { isObject, parseJson, text } from './json.ts';
import { listBody, listPage } from './lists.ts';
import { negotiate } from './negotiate.ts';
import { create, namespaceMismatch, update } from './objects.ts';
import { patch } from './patches.ts';
import type { ResourceType } from './registry.ts';
import type { Reply, ResourceRequest } from './reply.ts';
import { rendered } from './reply.ts';
import type { ApiSettings } from './settings.ts';
import { badRequest, invalid, invalidOptions, methodNotAllowed, notFound } from './status.ts';
import { contest } from './strikes.ts';

const OPTIONS_KIND: Readonly<Record<string, string>> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
};

function writeOptionsOf(request: ResourceRequest, warnings: string[]): WriteOptions {
  const { query, verb, subresource } = request.info;
  const kind = OPTIONS_KIND[verb] ?? 'DeleteOptions';
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.some((value) => value !== 'All')) {
    throw invalidOptions(
      kind,
      'dryRun',
      'FieldValueNotSupported',
      `Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`,
    );
  }
  const validation = query.get('fieldValidation') ?? '';
  const modes: readonly FieldValidation[] = ['Ignore', 'Strict', 'Warn'];
  const mode = validation === '' ? 'Warn' : modes.find((each) => each === validation);
  if (mode === undefined) {
    throw invalidOptions(
      kind,
      'fieldValidation',
      'FieldValueNotSupported',
      `Unsupported value: "${validation}": supported values: "", "Ignore", "Strict", "Warn"`,
    );
  }
  const agent = (request.message.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown';
  const manager = query.get('fieldManager') ?? '';
  if (manager.length > 128)
    throw invalidOptions(kind, 'fieldManager', 'FieldValueTooLong', 'Too long: may not be more than 128 bytes');
  return {
    manager: manager || agent.slice(0, 128),
    dryRun: dryRun.length > 0,
    validation: mode,
    warn: (warning) => warnings.push(`299 - ${JSON.stringify(warning)}`),
    subresource: subresource === 'status' ? 'status' : '',
  };
}

function replace(
  settings: ApiSettings,
  request: ResourceRequest,
  type: ResourceType,
  options: WriteOptions,
): JsonObject {
  const { info } = request;
  const body = decodeBody(type, request.body, request.contentType);
  const name = text(body, 'metadata', 'name');
  if (name === '')
    throw badRequest(`the name of the object (${info.name} based on URL) was undeterminable: name must be provided`);
  if (name !== info.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${info.name})`);
  const said = text(body, 'metadata', 'namespace');
  if (type.namespaced && said !== '' && said !== info.namespace) throw namespaceMismatch();
  const next = dropUnknown(type, body, options, false);
  const before = settings.server.store.get(type, type.namespaced ? info.namespace : '', name);
  if (before === undefined) throw notFound(type, name);
  if (type.custom && text(next, 'metadata', 'resourceVersion') === '') {
    const cause = {
      reason: 'FieldValueInvalid',
      message: 'Invalid value: 0: must be specified for an update',
      field: 'metadata.resourceVersion',
    };
    // The real server names the resource, not the kind, in this one.
    throw invalid(type.group, type.plural, name, [cause]);
  }
  return update(settings.server, type, before, next, options).object;
}

function deleteBody(body: string): JsonObject {
  if (body.trim() === '') return {};
  try {
    const value = parseJson(body);
    return isObject(value) ? value : {};
  } catch {
    throw badRequest("couldn't get version/kind; json parse error");
  }
}

function drop(settings: ApiSettings, request: ResourceRequest, type: ResourceType, dryRun: boolean): JsonObject {
  const { info } = request;
  const { server } = settings;
  const options = deleteOptionsOf(deleteBody(request.body), dryRun);
  if (info.verb === 'deletecollection') {
    const page = listPage(server.store, type, info.namespace, info.query, false);
    for (const object of page.items) remove(server, type, object, options);
    return listBody(type, page);
  }
  const object = server.store.get(type, type.namespaced ? info.namespace : '', info.name);
  if (object === undefined) throw notFound(type, info.name);
  const deleted = remove(server, type, object, options);
  if (!deleted.gone) return deleted.object;
  const details: JsonObject = {
    name: info.name,
    ...(type.group === '' ? {} : { group: type.group }),
    kind: type.plural,
    uid: text(object, 'metadata', 'uid'),
  };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

export function write(settings: ApiSettings, request: ResourceRequest, type: ResourceType): Reply {
  const { info, message, contentType } = request;
  const warnings: string[] = [];
  const options = writeOptionsOf(request, warnings);
  const form = negotiate(message.headers.accept, ['Table', 'PartialObjectMetadata']);
  contest(settings, request, type);
  const reply = (object: JsonObject, code = 200): Reply => ({
    code,
    body: text(object, 'kind') === type.kind ? rendered(type, object, form, info.query) : object,
    form,
    ...(warnings.length === 0 ? {} : { headers: { Warning: warnings } }),
  });
  switch (info.verb) {
    case 'create': {
      if (type.namespaced && info.namespace === '') throw methodNotAllowed();
      const object = dropUnknown(type, decodeBody(type, request.body, contentType), options, false);
      return reply(create(settings.server, type, info.namespace, object, options).object, 201);
    }
    case 'update':
      if (info.name === '') throw badRequest('name must be provided');
      return reply(replace(settings, request, type, options));
    case 'patch': {
      if (info.name === '') throw badRequest('name must be provided');
      const force = info.query.get('force');
      const { object, created } = patch(
        settings.server,
        {
          type,
          namespace: type.namespaced ? info.namespace : '',
          name: info.name,
          body: request.body,
          contentType,
          fieldManager: info.query.get('fieldManager') ?? '',
          force: force === null ? undefined : force === 'true',
        },
        options,
      );
      return reply(object, created ? 201 : 200);
    }
    case 'delete':
    case 'deletecollection':
      return reply(drop(settings, request, type, options.dryRun));
    default:
      throw methodNotAllowed();
  }
}
