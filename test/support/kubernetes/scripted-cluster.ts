/** A scripted HTTPS server in the place of a cluster, and arguments for the calls of the port. */

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureServer, type ServerHttp2Session } from 'node:http2';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import type { ClusterTarget } from '../../../src/core/clusters/ports.ts';
import type { ClusterAccess } from '../../../src/core/clusters/rules/cluster.ts';
import type { Log } from '../../../src/core/kernel/ports.ts';
import type { Manifest } from '../../../src/core/operations/rules/manifest.ts';
import { patience } from '../until.ts';
import { newAuthority, newCertificate, type Pair } from './certificates.ts';

export interface Scripted extends AsyncDisposable {
  readonly target: ClusterTarget;
  readonly requests: readonly {
    readonly method: string;
    readonly url: string;
    readonly body: string;
    readonly headers: IncomingMessage['headers'];
  }[];
  readonly openSockets: () => number;
  readonly connectionCount: () => number;
  /** Over HTTP/2: sends GOAWAY on all connections, which close once their streams have ended. */
  readonly goAway: () => void;
  /** The most connections that were open at once. */
  readonly peak: () => number;
}
export type Script = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const authority = await newAuthority();
const serverPair = await newCertificate(authority);

let spoken: 'HTTP/1.1' | 'HTTP/2' = 'HTTP/1.1';
/** What scripted servers speak from now on. Over HTTP/2, to destroy a request's socket is to reset its stream. */
export function speak(protocol: typeof spoken): void {
  spoken = protocol;
}
/** Whether one connection carries all. */
export const multiplexed = () => spoken === 'HTTP/2';

/** In MB. Node counts what a client left unread, and refuses all further streams; API servers do not. */
const maxSessionMemory = 1_000;

/** An HTTPS server on loopback that answers as `script` does. */
export async function scripted(
  script: Script,
  pair: Pair = serverPair,
  ca: string = authority.certificate,
): Promise<Scripted> {
  const requests: { method: string; url: string; body: string; headers: IncomingMessage['headers'] }[] = [];
  const sockets = new Set<Socket>();
  let connectionCount = 0;
  let peak = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    requests.push({ method: request.method ?? '', url: request.url ?? '', body, headers: request.headers });
    script(request, response, body);
  };
  const tls = { cert: pair.certificate, key: pair.key };
  const server = spoken === 'HTTP/2' ? createSecureServer({ ...tls, maxSessionMemory }) : createServer(tls);
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  server.on('request', answer);
  server.on('connection', (socket: Socket) => {
    connectionCount += 1;
    sockets.add(socket);
    peak = Math.max(peak, sockets.size);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    target: targetOf({ server: `https://127.0.0.1:${port}`, ca, token: 'canary-token' }),
    requests,
    openSockets: () => sockets.size,
    connectionCount: () => connectionCount,
    peak: () => peak,
    goAway: () => {
      for (const session of sessions) session.goaway(0, 2 ** 31 - 1);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export function targetOf(access: ClusterAccess, id = '01890000-0000-7000-8000-000000000001'): ClusterTarget {
  const at = '2026-01-01T00:00:00.000Z';
  return {
    access,
    cluster: {
      id,
      organizationId: id,
      name: 'east',
      server: access.server,
      tidy: true,
      suspend: false,
      restoreApproval: 'NotRequired',
      conditions: [],
      createdAt: at,
      updatedAt: at,
      revision: 1,
    },
  };
}

/** Until when an apply of a test may be sent. */
export const soon = () => performance.now() + 60_000;

export function manifest(
  name: string,
  uid?: string,
  parameters: Readonly<Record<string, unknown>> = { ttl: '720h' },
): Manifest {
  return {
    apiVersion: 'ops.vworkspace.io/v1alpha1',
    kind: 'Operation',
    metadata: {
      name,
      namespace: 'apps',
      ...(uid !== undefined && { uid }),
      labels: { 'app.vworkspace.io/managed-by': 'control-plane' },
      annotations: { 'app.vworkspace.io/operation-id': name },
    },
    spec: {
      targetRef: { apiVersion: 'apps.vworkspace.io/v1alpha1', kind: 'ApplicationInstance', name: 'shop' },
      type: 'Backup',
      engine: 'velero',
      parameters,
    },
  };
}

export const silentLog: Log = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
};

export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string | string[]>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

export function operationObject(name: string, version: string, phase: string, uid = `uid-${name}`): object {
  return {
    apiVersion: 'ops.vworkspace.io/v1alpha1',
    kind: 'Operation',
    metadata: { name, namespace: 'apps', uid, resourceVersion: version },
    status: { phase },
  };
}

/** Waits until `holds`; fails after four times the bound, which is for a calm machine. */
export async function until(holds: () => boolean, what: string, seconds = 8): Promise<void> {
  const bound = patience * seconds;
  const endsAt = performance.now() + bound * 1000;
  while (!holds()) {
    if (performance.now() > endsAt) throw new Error(`it did not come to pass within ${bound} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
