// The API server's front: one request from head to answer. Faults strike first, then comes who is asking, whether they
// may, and only then what is asked. Every refusal is an ApiError, turned into an answer in one place.

import { randomUUID } from 'node:crypto';
import { known } from './discovery.ts';
import type { Message, Outgoing } from './exchange.ts';
import { breakOff } from './exchange.ts';
import type { Target } from './faults.ts';
import { answerPath } from './paths.ts';
import { fromProtobuf } from './protobuf.ts';
import { authorize } from './rbac.ts';
import type { Reply } from './reply.ts';
import type { RequestInfo } from './request.ts';
import { requestInfo } from './request.ts';
import { answerResource, isWrite } from './resources.ts';
import { errorReply, send } from './send.ts';
import type { ApiSettings } from './settings.ts';
import { ApiError, failure, pageNotFound, plain, tooLarge, unauthorized, unknownResource } from './status.ts';
import { refuse } from './strikes.ts';
import { ANONYMOUS_PATHS } from './tokens.ts';
import { resetConnection } from './wire.ts';

const BODY_LIMIT = 3 * 1024 * 1024;

interface Body {
  readonly text: string;
  readonly contentType: string;
}

/** Throws 413 above 3 MiB. Protobuf of built-in types is turned into JSON here, so that no other file knows it. */
async function bodyOf(message: Message): Promise<Body> {
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

export class Api {
  readonly #settings: ApiSettings;
  /** Names of a flow schema and a priority level, which every answer of a real server carries. */
  readonly #flow = {
    'X-Kubernetes-Pf-Flowschema-Uid': randomUUID(),
    'X-Kubernetes-Pf-Prioritylevel-Uid': randomUUID(),
  };

  constructor(settings: ApiSettings) {
    this.#settings = settings;
  }

  async answer(message: Message, response: Outgoing): Promise<void> {
    const { faults, requests, timers, server } = this.#settings;
    let info: RequestInfo;
    try {
      info = requestInfo(message);
    } catch {
      send(message, response, errorReply(plain(400, '400 Bad Request')));
      return;
    }
    const target: Target = { verb: info.verb, resource: info.resource, namespace: info.namespace, name: info.name };
    const log = (code: number): void => {
      const named = info.name === '' ? {} : { name: info.name };
      requests.add({ verb: info.verb, resource: info.resource || info.path, ...named, code, at: Date.now() });
    };
    const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => timers.after(milliseconds, resolve));
    if (faults.all('unreachable').some(({ mode }) => mode === 'reset') && faults.take('unreachable', target)) {
      log(0);
      resetConnection();
      return;
    }
    if (faults.take('mute', target) !== undefined) {
      log(0);
      message.resume();
      return;
    }
    const slow = faults.take('slow', target);
    if (slow !== undefined) await wait(slow.ms);
    response.setHeader('Date', new Date(server.clock.now()).toUTCString());
    response.setHeader('Audit-Id', randomUUID());
    for (const [name, value] of Object.entries(this.#flow)) response.setHeader(name, value);
    let reply: Reply | undefined;
    try {
      const body = await bodyOf(message);
      reply = await this.#reply(info, target, message, response, body);
    } catch (error) {
      if (!(error instanceof ApiError)) console.error(error);
      if (error instanceof ApiError && error.delayMs > 0) await wait(error.delayMs);
      reply = errorReply(
        error instanceof ApiError ? error : failure(500, 'InternalError', `Internal error occurred: ${String(error)}`),
      );
    }
    if (response.destroyed) return;
    if (reply !== undefined && response.headersSent) {
      breakOff(message);
      return;
    }
    const committed = reply !== undefined && reply.code < 300 && isWrite(info.verb);
    if (committed && faults.take('cutAfterCommit', target) !== undefined) {
      log(0);
      breakOff(message);
      return;
    }
    log(reply?.code ?? 200);
    if (reply === undefined) return;
    const truncate = faults.take('truncate', target);
    send(message, response, reply, truncate === undefined ? undefined : (truncate.mode ?? 'cut'));
  }

  async #reply(
    info: RequestInfo,
    target: Target,
    message: Message,
    response: Outgoing,
    body: Body,
  ): Promise<Reply | undefined> {
    const { tokens, faults, server } = this.#settings;
    const user = tokens.userOf(message.headers.authorization);
    refuse(faults, target);
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
