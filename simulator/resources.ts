// Requests for resources: which of reads, writes and reviews a request is, and whether the resource knows it.

import { parseYaml } from './decode.ts';
import type { JsonObject } from './json.ts';
import { isObject } from './json.ts';
import { read } from './reads.ts';
import type { Reply, ResourceRequest } from './reply.ts';
import { accessReview, rulesReview } from './reviews.ts';
import type { ApiSettings } from './settings.ts';
import { methodNotAllowed, pageNotFound, unsupportedMediaType, unsupportedMethod } from './status.ts';
import { write } from './writes.ts';

export const isWrite = (verb: string): boolean =>
  ['create', 'update', 'patch', 'delete', 'deletecollection'].includes(verb);

function reviewOf({ body, contentType }: ResourceRequest): JsonObject {
  if (!/^application\/(json|yaml)/.test(contentType))
    throw unsupportedMediaType(['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']);
  const review = parseYaml(body, '');
  return isObject(review) ? review : {};
}

export async function answerResource(settings: ApiSettings, request: ResourceRequest): Promise<Reply | undefined> {
  const { info, type, user } = request;
  if (type === undefined) {
    if (info.verb !== 'create') throw methodNotAllowed();
    const body = reviewOf(request);
    if (info.resource === 'selfsubjectaccessreviews') return { code: 201, body: accessReview(user, body) };
    if (info.resource === 'selfsubjectrulesreviews') return { code: 201, body: rulesReview(user, body) };
    throw pageNotFound();
  }
  const known = info.subresource === '' || (info.subresource === 'status' && type.hasStatus);
  if (!known) throw pageNotFound();
  if (type.namespaced && info.namespace === '' && !['list', 'watch'].includes(info.verb)) throw pageNotFound();
  if (!['get', 'list', 'watch'].includes(info.verb) && !isWrite(info.verb)) throw unsupportedMethod(type);
  if (!isWrite(info.verb)) return read(settings, request, type);
  if (info.subresource === 'status' && (info.verb === 'create' || info.verb.startsWith('delete')))
    throw methodNotAllowed();
  return write(settings, request, type);
}
