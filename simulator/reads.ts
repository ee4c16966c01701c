// Reads: get, list, and the opening of watches.

import { LAG_MS, listBody, listPage, revisionOf, tooLargeRevision } from './lists.ts';
import { negotiate } from './negotiate.ts';
import type { ResourceType } from './registry.ts';
import type { Reply, ResourceRequest } from './reply.ts';
import { includeOf, rendered } from './reply.ts';
import type { ApiSettings } from './settings.ts';
import { badRequest, notFound } from './status.ts';
import { partial, tableOf } from './table.ts';
import { WatchStream } from './watch.ts';

export async function read(
  settings: ApiSettings,
  request: ResourceRequest,
  type: ResourceType,
): Promise<Reply | undefined> {
  const { info, target } = request;
  const { store } = settings.server;
  const form = negotiate(request.message.headers.accept, [
    'Table',
    'PartialObjectMetadata',
    'PartialObjectMetadataList',
  ]);
  if (info.verb === 'watch') {
    const stream = new WatchStream(
      { type, namespace: info.namespace, query: info.query, form, include: includeOf(info.query), target },
      { ...settings, store },
      request.message,
      request.response,
    );
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
  const asked = revisionOf(info.query.get('resourceVersion') ?? '', (message) =>
    badRequest(`invalid resource version: ${message}`),
  );
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
    return {
      code: 200,
      body: tableOf(type, page.items, token === '' ? rest : page.metadata, includeOf(info.query)),
      form,
    };
  }
  if (form.as === '') return { code: 200, body: listBody(type, page), form };
  return {
    code: 200,
    body: {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: page.metadata,
      items: page.items.map(partial),
    },
    form,
  };
}
