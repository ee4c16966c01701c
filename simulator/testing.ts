// What the simulator's own tests share: plain HTTPS requests with the cluster's authority, watches read line by line,
// waiting on a condition with a bound, and what is stored in short words.

import { createHmac } from 'node:crypto';
import type { ClientHttp2Session } from 'node:http2';
import { request } from 'node:https';
import { DEFAULT_APPROVAL_SECRET } from './approval.ts';
import type { Json, JsonObject } from './json.ts';
import { isObject, listAt, parseJson, text } from './json.ts';
import type { SimulatedCluster } from './options.ts';

export interface Answer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** {} when the body is no JSON object. */
  readonly body: JsonObject;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly type?: string;
  readonly accept?: string;
  /** The administrator's unless given. */
  readonly token?: string;
  readonly timeoutMs?: number;
}

/** Rejects when the connection is refused, reset, or ends before the body does. */
export function call(
  cluster: SimulatedCluster,
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  const {
    body,
    type = 'application/json',
    accept = 'application/json',
    token = cluster.adminToken,
    timeoutMs = 10_000,
  } = options;
  return new Promise((resolve, reject) => {
    const payload =
      body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const content = payload === undefined ? {} : { 'Content-Type': type, 'Content-Length': payload.length };
    const headers = { Authorization: `Bearer ${token}`, Accept: accept, 'User-Agent': 'test/1', ...content };
    const sent = request(
      `${cluster.url}${path}`,
      { method, ca: cluster.caPem, headers, agent: false, timeout: timeoutMs },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const source = Buffer.concat(chunks).toString('utf8');
          let parsed: Json = null;
          try {
            parsed = parseJson(source);
          } catch {
            // Plain text, or a watch's lines.
          }
          resolve({
            code: response.statusCode ?? 0,
            headers: response.headers,
            text: source,
            body: isObject(parsed) ? parsed : {},
          });
        });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('timed out')));
    sent.on('error', reject);
    sent.end(payload);
  });
}

/** The same over a session that is open. */
export function callHttp2(
  session: ClientHttp2Session,
  cluster: SimulatedCluster,
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  const { body, type = 'application/json', token = cluster.adminToken, timeoutMs = 10_000 } = options;
  return new Promise((resolve, reject) => {
    const sent = session.request({
      ':method': method,
      ':path': path,
      authorization: `Bearer ${token}`,
      'content-type': type,
    });
    const chunks: Buffer[] = [];
    let headers: Answer['headers'] = {};
    sent.on('response', (given) => {
      headers = given;
    });
    sent.on('data', (chunk: Buffer) => chunks.push(chunk));
    sent.setTimeout(timeoutMs, () => sent.destroy(new Error('timed out')));
    sent.on('error', reject);
    sent.on('end', () => {
      if (headers[':status'] === undefined) {
        reject(new Error('the stream ended without an answer'));
        return;
      }
      const text = Buffer.concat(chunks).toString('utf8');
      resolve({ code: Number(headers[':status']), headers, text, body: {} });
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export interface WatchEvent {
  readonly type: string;
  readonly object: JsonObject;
}

export interface OpenWatch {
  readonly events: readonly WatchEvent[];
  readonly ended: Promise<void>;
  close(): void;
}

/** A watch that collects its events until it is closed or ends. */
export function watch(cluster: SimulatedCluster, path: string): OpenWatch {
  const events: WatchEvent[] = [];
  let rest = '';
  const { promise, resolve } = Promise.withResolvers<void>();
  const headers = { Authorization: `Bearer ${cluster.adminToken}` };
  const sent = request(`${cluster.url}${path}`, { ca: cluster.caPem, headers, agent: false }, (response) => {
    response.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) events.push(JSON.parse(line) as WatchEvent);
    });
    response.on('error', () => undefined);
    response.on('close', resolve);
  });
  sent.on('error', () => resolve());
  sent.end();
  return { events, ended: promise, close: () => sent.destroy() };
}

export async function until<T>(what: string, find: () => T | undefined | false, milliseconds = 20_000): Promise<T> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const found = find();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`not within ${milliseconds} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const OPERATIONS = '/apis/ops.vworkspace.io/v1alpha1/namespaces/org-myteam/operations';
const APPLY = 'application/apply-patch+yaml';
export const MERGE = 'application/merge-patch+json';

export const operation = (name: string, spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: 'ops.vworkspace.io/v1alpha1',
  kind: 'Operation',
  metadata: { name, ...metadata },
  spec: {
    targetRef: { apiVersion: 'apps.vworkspace.io/v1alpha1', kind: 'ApplicationInstance', name: 'nextcloud' },
    type: 'Backup',
    engine: 'velero',
    ...spec,
  },
});

export const restore = (name: string, backupName: string, more: JsonObject = {}): JsonObject =>
  operation(name, { type: 'Restore', parameters: { backupName }, ...more });

export const apply = (cluster: SimulatedCluster, object: JsonObject, query = 'fieldManager=test'): Promise<Answer> => {
  const metadata = object.metadata;
  const name = isObject(metadata) ? String(metadata.name) : '';
  return call(cluster, 'PATCH', `${OPERATIONS}/${name}?${query}`, { body: object, type: APPLY });
};

export function stored(
  cluster: SimulatedCluster,
  name: string,
  resource = 'operations',
  namespace = 'org-myteam',
): JsonObject {
  const found = cluster.get(resource, namespace, name) as Json | undefined;
  return isObject(found) ? found : {};
}

export const phase = (cluster: SimulatedCluster, name: string): string =>
  text(stored(cluster, name), 'status', 'phase');

export const reached = (cluster: SimulatedCluster, name: string, wanted: string): Promise<boolean> =>
  until(`${name} ${wanted} (is ${phase(cluster, name)})`, () => phase(cluster, name) === wanted);

/** Such as `True/EngineCompleted`; '' when there is none. */
export function condition(cluster: SimulatedCluster, name: string, type: string): string {
  const found = listAt(stored(cluster, name), 'status', 'conditions').find((each) => text(each, 'type') === type);
  return found === undefined ? '' : `${text(found, 'status')}/${text(found, 'reason')}`;
}

/** An approval claim that ends at that time, in seconds since the epoch. */
export function claimFor(op: string, exp: number): string {
  const claim = { at: '2026-01-01T00:00:00Z', by: 'a', exp, op, rid: 1, v: 1 };
  const payload = Buffer.from(JSON.stringify(claim)).toString('base64url');
  return `vws1.${payload}.${createHmac('sha256', DEFAULT_APPROVAL_SECRET).update(payload).digest('hex')}`;
}
