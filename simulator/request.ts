// What a request asks for, read from its method and path as the API server reads it: verb, group, version, resource.
// Authorization, faults and the request log all speak of requests in these words.

import type { Message } from './exchange.ts';

export interface RequestInfo {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** False for paths such as /version, which are allowed by path. */
  readonly isResource: boolean;
}

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

const truthy = (value: string | null): boolean => value !== null && value !== 'false' && value !== '0';

export function requestInfo(message: Message): RequestInfo {
  const url = new URL(message.url ?? '/', 'https://cluster');
  const method = message.method ?? 'GET';
  const query = url.searchParams;
  const parts = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const other: RequestInfo = {
    verb: method.toLowerCase(),
    group: '',
    version: '',
    resource: '',
    subresource: '',
    namespace: '',
    name: '',
    path: url.pathname,
    query,
    isResource: false,
  };
  const core = parts[0] === 'api';
  if (!core && parts[0] !== 'apis') return other;
  const head = core ? 2 : 3;
  if (parts.length <= head) return other;
  const [group, version] = core ? ['', parts[1] ?? ''] : [parts[1] ?? '', parts[2] ?? ''];
  let rest = parts.slice(head);
  const watchPath = rest[0] === 'watch';
  if (watchPath) rest = rest.slice(1);
  let namespace = '';
  if (rest[0] === 'namespaces' && rest.length > 1) {
    namespace = rest[1] ?? '';
    const deeper = rest.length > 2 && rest[2] !== 'status' && rest[2] !== 'finalize';
    rest = deeper ? rest.slice(2) : rest;
  }
  const [resource = '', name = '', subresource = ''] = rest;
  const plain = VERBS[method] ?? method.toLowerCase();
  const byField = /^metadata\.name=([^,]+)$/.exec(query.get('fieldSelector') ?? '')?.[1] ?? '';
  let verb = plain;
  if (plain === 'get' && (watchPath || truthy(query.get('watch')))) verb = 'watch';
  else if (plain === 'get' && name === '') verb = 'list';
  else if (plain === 'delete' && name === '') verb = 'deletecollection';
  return {
    verb,
    group,
    version,
    resource,
    subresource,
    namespace,
    name: name === '' && (verb === 'list' || verb === 'watch') ? byField : name,
    path: url.pathname,
    query,
    isResource: true,
  };
}
