// The API server's front: one request from head to answer. Faults strike first, then comes who is asking, whether they
// may, and only then what is asked. Every refusal is an ApiError, turned into an answer in one place.

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { stringify } from 'yaml';
import { aggregated, apiGroup, apiGroupList, apiVersions, known, resourceList } from './discovery.ts';
import type { Faults, Target } from './faults.ts';
import type { JsonObject } from './json.ts';
import type { Form } from './negotiate.ts';
import { negotiate } from './negotiate.ts';
import type { Server } from './objects.ts';
import { openApiV2, openApiV3, openApiV3Index } from './openapi.ts';
import { fromProtobuf } from './protobuf.ts';
import { authorize } from './rbac.ts';
import type { Reply } from './reply.ts';
import type { RequestInfo } from './request.ts';
import { requestInfo } from './request.ts';
import type { RequestLog } from './requests.ts';
import { reset } from './reset.ts';
import { answerResource, isWrite } from './resources.ts';
import {
  ApiError,
  failure,
  notAcceptable,
  pageNotFound,
  plain,
  statusBody,
  tooLarge,
  unauthorized,
  unknownResource,
} from './status.ts';
import type { Timers } from './timers.ts';
import type { Tokens } from './tokens.ts';
import { ANONYMOUS_PATHS } from './tokens.ts';
import type { WatchStream } from './watch.ts';

export interface ApiSettings {
  readonly server: Server;
  readonly tokens: Tokens;
  readonly faults: Faults;
  readonly timers: Timers;
  readonly requests: RequestLog;
  readonly watches: Set<WatchStream>;
  readonly versionInfo: JsonObject;
  readonly bookmarkSeconds: number;
  readonly address: () => string;
}

const BODY_LIMIT = 3 * 1024 * 1024;
const DISCOVERY = 'APIGroupDiscoveryList';

interface Body {
  readonly text: string;
  readonly contentType: string;
}

/** Throws 413 above 3 MiB. Protobuf of built-in types is turned into JSON here, so that no other file knows it. */
async function bodyOf(message: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message) {
    const buffer: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += buffer.length;
    if (bytes <= BODY_LIMIT) chunks.push(buffer);
  }
  if (bytes > BODY_LIMIT) throw tooLarge(BODY_LIMIT);
  const whole = Buffer.concat(chunks);
  const contentType = message.headers['content-type'] ?? '';
  const decoded = contentType.startsWith('application/vnd.kubernetes.protobuf') ? fromProtobuf(whole) : undefined;
  return decoded === undefined
    ? { text: whole.toString('utf8'), contentType }
    : { text: decoded, contentType: 'application/json' };
}

/** Paths that are no resources: discovery, versions, health, OpenAPI. */
function answerPath(settings: ApiSettings, info: RequestInfo, accept: string | undefined): Reply {
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

export function send(response: ServerResponse, reply: Reply, truncated = false): void {
  const json = reply.body === undefined ? '' : JSON.stringify(reply.body);
  const yaml = reply.form?.media === 'application/yaml' && reply.body !== undefined;
  const payload =
    reply.body === undefined
      ? (reply.text ?? '')
      : yaml
        ? stringify(reply.body, { sortMapEntries: true, indentSeq: false, version: '1.1' })
        : `${json}\n`;
  const type = reply.body === undefined ? 'text/plain; charset=utf-8' : yaml ? 'application/yaml' : 'application/json';
  response.writeHead(reply.code, {
    'Content-Type': type,
    'Content-Length': String(Buffer.byteLength(payload)),
    'Cache-Control': 'no-cache, private',
    ...reply.headers,
  });
  if (!truncated) {
    response.end(payload);
    return;
  }
  response.write(payload.slice(0, payload.length / 2));
  setImmediate(() => response.socket?.destroy());
}

const errorReply = (error: ApiError): Reply => ({
  code: error.code,
  headers: { ...error.headers, ...(error.body === undefined ? { 'X-Content-Type-Options': 'nosniff' } : {}) },
  ...(error.body === undefined ? { text: `${error.message}\n` } : { body: error.body }),
});

function faultError(fault: {
  readonly code: number;
  readonly message?: string;
  readonly retryAfterSeconds?: number;
}): ApiError {
  const reasons: Readonly<Record<number, string>> = { 500: 'InternalError', 503: 'ServiceUnavailable', 504: 'Timeout' };
  const message =
    fault.message ??
    (fault.code === 503
      ? 'the server is currently unable to handle the request'
      : 'Internal error occurred: etcdserver: request timed out');
  const headers: Record<string, string> =
    fault.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(fault.retryAfterSeconds) };
  return new ApiError(
    fault.code,
    message,
    statusBody(
      fault.code,
      reasons[fault.code] ?? '',
      message,
      fault.retryAfterSeconds === undefined ? undefined : { retryAfterSeconds: fault.retryAfterSeconds },
    ),
    headers,
  );
}

export class Api {
  readonly #settings: ApiSettings;
  constructor(settings: ApiSettings) {
    this.#settings = settings;
  }

  async answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { faults, requests, timers } = this.#settings;
    let info: RequestInfo;
    try {
      info = requestInfo(message);
    } catch {
      send(response, errorReply(plain(400, '400 Bad Request')));
      return;
    }
    const target: Target = { verb: info.verb, resource: info.resource, namespace: info.namespace, name: info.name };
    const log = (code: number): void => {
      const named = info.name === '' ? {} : { name: info.name };
      requests.add({ verb: info.verb, resource: info.resource || info.path, ...named, code, at: Date.now() });
    };
    if (faults.take('unreachable', target) !== undefined) {
      log(0);
      reset(message.socket);
      return;
    }
    if (faults.take('mute', target) !== undefined) {
      log(0);
      message.resume();
      return;
    }
    const slow = faults.take('slow', target);
    if (slow !== undefined) await new Promise<void>((resolve) => timers.after(slow.ms, resolve));
    response.setHeader('Audit-Id', randomUUID());
    let reply: Reply | undefined;
    try {
      const body = await bodyOf(message);
      reply = await this.#reply(info, target, message, response, body);
    } catch (error) {
      if (!(error instanceof ApiError)) console.error(error);
      reply = errorReply(
        error instanceof ApiError ? error : failure(500, 'InternalError', `Internal error occurred: ${String(error)}`),
      );
    }
    if (response.destroyed) return;
    if (reply !== undefined && response.headersSent) {
      reset(message.socket);
      return;
    }
    const committed = reply !== undefined && reply.code < 300 && isWrite(info.verb);
    if (committed && faults.take('cutAfterCommit', target) !== undefined) {
      log(0);
      reset(message.socket);
      return;
    }
    log(reply?.code ?? 200);
    if (reply !== undefined) send(response, reply, faults.take('truncate', target) !== undefined);
  }

  async #reply(
    info: RequestInfo,
    target: Target,
    message: IncomingMessage,
    response: ServerResponse,
    body: Body,
  ): Promise<Reply | undefined> {
    const { tokens, faults, server } = this.#settings;
    const user = tokens.userOf(message.headers.authorization);
    const throttled = faults.take('throttle', target);
    if (throttled !== undefined) {
      throw plain(429, 'Too many requests, please try again later.', {
        'Retry-After': String(throttled.retryAfterSeconds ?? 1),
      });
    }
    const broken = faults.take('error', target);
    if (broken !== undefined) throw faultError(broken);
    if (user.name === 'system:anonymous' && ANONYMOUS_PATHS.includes(info.path))
      return answerPath(this.#settings, info, message.headers.accept);
    authorize(user, info);
    if (!info.isResource) {
      if (info.verb !== 'get' && info.verb !== 'head') throw pageNotFound();
      return answerPath(this.#settings, info, message.headers.accept);
    }
    if (!known(server.registry, info.group, info.version)) throw pageNotFound();
    const type = server.registry.find(info.group, info.version, info.resource);
    const review = info.group === 'authorization.k8s.io';
    if (type === undefined && !review) throw info.group === '' ? unknownResource() : pageNotFound();
    if (!review && user.name === 'system:anonymous') throw unauthorized();
    return answerResource(this.#settings, {
      info,
      target,
      type,
      user,
      message,
      response,
      body: body.text,
      contentType: body.contentType,
    });
  }
}
