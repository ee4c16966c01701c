// Requests for resources: reads, watches, writes and reviews, each handed to the file that knows how.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiSettings } from './api.ts';
import type { FieldValidation, WriteOptions } from './decode.ts';
import { decodeBody, dropUnknown } from './decode.ts';
import { deleteOptionsOf, remove } from './deletes.ts';
import type { Target } from './faults.ts';
import type { JsonObject } from './json.ts';
import { isObject, parseJson, text } from './json.ts';
import { listBody, listPage, revisionOf, tooLargeRevision } from './lists.ts';
import type { Form } from './negotiate.ts';
import { negotiate } from './negotiate.ts';
import { create, namespaceMismatch, update } from './objects.ts';
import { patch } from './patches.ts';
import type { User } from './rbac.ts';
import type { ResourceType } from './registry.ts';
import type { RequestInfo } from './request.ts';
import { accessReview, rulesReview } from './reviews.ts';
import { badRequest, invalid, invalidOptions, methodNotAllowed, notFound, unsupportedMethod, pageNotFound } from './status.ts';
import type { IncludeObject } from './table.ts';
import { partial, tableOf } from './table.ts';
import { WatchStream } from './watch.ts';

export interface Reply {
  readonly code: number;
  readonly body?: JsonObject;
  readonly text?: string;
  readonly form?: Form;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

export interface ResourceRequest {
  readonly info: RequestInfo;
  readonly target: Target;
  /** Absent for reviews, which are answered and never stored. */
  readonly type: ResourceType | undefined;
  readonly user: User;
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: string;
}

export const isWrite = (verb: string): boolean => ['create', 'update', 'patch', 'delete', 'deletecollection'].includes(verb);

const LAG_MS = 3_000;

const includeOf = (query: URLSearchParams): IncludeObject => {
  const asked = query.get('includeObject');
  return asked === 'None' || asked === 'Object' ? asked : 'Metadata';
};

function rendered(type: ResourceType, object: JsonObject, form: Form, query: URLSearchParams): JsonObject {
  if (form.as === 'PartialObjectMetadata') return partial(object);
  if (form.as !== 'Table') return object;
  return tableOf(type, [object], { resourceVersion: text(object, 'metadata', 'resourceVersion') }, includeOf(query));
}

const OPTIONS_KIND: Readonly<Record<string, string>> = { create: 'CreateOptions', update: 'UpdateOptions', patch: 'PatchOptions' };

function writeOptionsOf(request: ResourceRequest, warnings: string[]): WriteOptions {
  const { query, verb, subresource } = request.info;
  const kind = OPTIONS_KIND[verb] ?? 'DeleteOptions';
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.some((value) => value !== 'All')) {
    throw invalidOptions(kind, 'dryRun', 'FieldValueNotSupported', `Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`);
  }
  const validation = query.get('fieldValidation') ?? '';
  const modes: readonly FieldValidation[] = ['Ignore', 'Strict', 'Warn'];
  const mode = validation === '' ? 'Warn' : modes.find((each) => each === validation);
  if (mode === undefined) {
    throw invalidOptions(kind, 'fieldValidation', 'FieldValueNotSupported', `Unsupported value: "${validation}": supported values: "", "Ignore", "Strict", "Warn"`);
  }
  const agent = (request.message.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown';
  const manager = query.get('fieldManager') ?? '';
  if (manager.length > 128) throw invalidOptions(kind, 'fieldManager', 'FieldValueTooLong', 'Too long: may not be more than 128 bytes');
  return {
    manager: manager || agent.slice(0, 128),
    dryRun: dryRun.length > 0,
    validation: mode,
    warn: (warning) => warnings.push(`299 - ${JSON.stringify(warning)}`),
    subresource: subresource === 'status' ? 'status' : '',
  };
}

async function read(settings: ApiSettings, request: ResourceRequest, type: ResourceType): Promise<Reply | undefined> {
  const { info, target } = request;
  const { store } = settings.server;
  const form = negotiate(request.message.headers.accept, ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);
  if (info.verb === 'watch') {
    const stream = new WatchStream({ type, namespace: info.namespace, query: info.query, form, include: includeOf(info.query), target }, { ...settings, store }, request.response);
    settings.watches.add(stream);
    request.response.on('close', () => {
      settings.watches.delete(stream);
      stream.end();
    });
    stream.open();
    const drop = settings.faults.take('dropWatches', target);
    if (drop !== undefined) settings.timers.after(drop.afterMs ?? 0, () => stream.end(drop.abrupt));
    return undefined;
  }
  if (info.verb === 'get') {
    const object = store.get(type, type.namespaced ? info.namespace : '', info.name);
    if (object === undefined) throw notFound(type, info.name);
    return { code: 200, body: rendered(type, object, form, info.query), form };
  }
  const asked = revisionOf(info.query.get('resourceVersion') ?? '', (message) => badRequest(`invalid resource version: ${message}`));
  if (asked > store.revision) {
    // The real server waits for its cache to catch up before it gives up.
    await new Promise<void>((resolve) => settings.timers.after(LAG_MS, resolve));
    if (asked > store.revision) throw tooLargeRevision(asked, store.revision);
  }
  const forced = info.query.get('continue') !== null && settings.faults.take('expired', target) !== undefined;
  const page = listPage(store, type, info.namespace, info.query, forced);
  if (form.as === 'Table') {
    // Unlike a plain list, a Table leaves an empty continue out.
    const { continue: token, ...rest } = page.metadata;
    return { code: 200, body: tableOf(type, page.items, token === '' ? rest : page.metadata, includeOf(info.query)), form };
  }
  if (form.as === '') return { code: 200, body: listBody(type, page), form };
  return { code: 200, body: { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata: page.metadata, items: page.items.map(partial) }, form };
}

function replace(settings: ApiSettings, request: ResourceRequest, type: ResourceType, options: WriteOptions): JsonObject {
  const { info } = request;
  const body = decodeBody(type, request.body, request.message.headers['content-type'] ?? '');
  const name = text(body, 'metadata', 'name');
  if (name === '') throw badRequest(`the name of the object (${info.name} based on URL) was undeterminable: name must be provided`);
  if (name !== info.name) throw badRequest(`the name of the object (${name}) does not match the name on the URL (${info.name})`);
  const said = text(body, 'metadata', 'namespace');
  if (type.namespaced && said !== '' && said !== info.namespace) throw namespaceMismatch();
  const next = dropUnknown(type, body, options, false);
  const before = settings.server.store.get(type, type.namespaced ? info.namespace : '', name);
  if (before === undefined) throw notFound(type, name);
  if (type.custom && text(next, 'metadata', 'resourceVersion') === '') {
    const cause = { reason: 'FieldValueInvalid', message: 'Invalid value: 0: must be specified for an update', field: 'metadata.resourceVersion' };
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
  const details: JsonObject = { name: info.name, ...(type.group === '' ? {} : { group: type.group }), kind: type.plural, uid: text(object, 'metadata', 'uid') };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

function write(settings: ApiSettings, request: ResourceRequest, type: ResourceType): Reply {
  const { info, message } = request;
  const contentType = message.headers['content-type'] ?? '';
  const warnings: string[] = [];
  const options = writeOptionsOf(request, warnings);
  const form = negotiate(message.headers.accept, ['Table', 'PartialObjectMetadata']);
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

export async function answerResource(settings: ApiSettings, request: ResourceRequest): Promise<Reply | undefined> {
  const { info, type, user } = request;
  if (type === undefined) {
    const review = parseJson(request.body || '{}');
    const body = isObject(review) ? review : {};
    if (info.verb !== 'create') throw methodNotAllowed();
    if (info.resource === 'selfsubjectaccessreviews') return { code: 201, body: accessReview(user, body) };
    if (info.resource === 'selfsubjectrulesreviews') return { code: 201, body: rulesReview(user, body) };
    throw pageNotFound();
  }
  const known = info.subresource === '' || (info.subresource === 'status' && type.hasStatus);
  if (!known) throw pageNotFound();
  if (type.namespaced && info.namespace === '' && !['list', 'watch'].includes(info.verb)) throw pageNotFound();
  if (!['get', 'list', 'watch'].includes(info.verb) && !isWrite(info.verb)) throw unsupportedMethod(type);
  if (!isWrite(info.verb)) return read(settings, request, type);
  if (info.subresource === 'status' && (info.verb === 'create' || info.verb.startsWith('delete'))) throw methodNotAllowed();
  return write(settings, request, type);
}

