/** The API over a database of its own, with two organizations that must not see each other. */
import assert from 'node:assert/strict';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { ensureAdmin } from '../../src/core/access/ensure-admin.ts';
import { scopes } from '../../src/core/catalogue.ts';
import type { HttpOptions } from '../../src/http/kit/ports.ts';
import type { HttpPorts } from '../../src/http/routes.ts';
import { buildServer } from '../../src/http/server.ts';
import { accessReader } from '../../src/kubernetes/access-reader.ts';
import type { ClusterApi } from '../../src/kubernetes/cluster-api.ts';
import { type Opened, openStore, type StoreLimits, unlimited } from '../../src/postgres/store.ts';
import { freshDatabase } from '../support/database.ts';
import { keptLog } from '../support/log.ts';
import { loopbackAllowed } from '../support/loopback.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is read freely in assertions
  readonly body: any;
  readonly text: string;
}

export interface Sent {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the admin's. `null`: none. */
  readonly key?: string | null;
}

export interface TestApi {
  readonly app: FastifyInstance;
  readonly ports: TestPorts;
  readonly opened: Opened;
  readonly adminKey: string;
  /** All scopes but platform:admin, in an organization of its own. */
  readonly otherKey: string;
  readonly rung: string[];
  call(method: string, path: string, sent?: Sent): Promise<Answer>;
  /** Creates, and expects 201. */
  make(path: string, body: unknown, key?: string): Promise<Answer['body']>;
  logged(): string;
  close(): Promise<void>;
}

const unused = new Proxy({} as ClusterApi, {
  get: () => () => Promise.reject(new Error('No cluster is called in this test.')),
});

/** Everything that the API is given, and the clusters that tests call beside it. */
type TestPorts = HttpPorts & { readonly clusterApi: ClusterApi };

export async function startApi(
  parts: Partial<TestPorts> = {},
  { limits, ...options }: Omit<HttpOptions, 'logger'> & { readonly limits?: Partial<StoreLimits> } = {},
): Promise<TestApi> {
  const database = await freshDatabase();
  const { log, text } = keptLog('info');
  const opened = await openStore({
    url: database.url,
    secretsKey: Buffer.alloc(32, 7),
    log,
    limits: { ...unlimited, ...limits },
  });
  const access = accessReader({ allowInsecureTls: false, ...loopbackAllowed });
  const rung: string[] = [];
  const ports: TestPorts = {
    ...opened,
    doorbell: { ring: (clusterIds) => void rung.push(...clusterIds) },
    clusterApi: unused,
    readAccess: access.readAccess,
    ready: async () => [{ name: 'database', ok: true }],
    roleReady: () => undefined,
    muteWork: () => undefined,
    draining: () => false,
    ...parts,
  };
  const app = await buildServer(ports, { logger: log, ...options });
  const adminKey = (await ensureAdmin({ ...opened, log }, undefined)) ?? '';

  const call: TestApi['call'] = async (method, path, { body, headers = {}, key = adminKey } = {}) => {
    const authorization = key === null ? {} : { authorization: `Bearer ${key}` };
    const answer = await app.inject({
      method: method as NonNullable<InjectOptions['method']>,
      url: path,
      headers: { ...authorization, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && {
        payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      }),
    });
    const json = /json/.test(String(answer.headers['content-type'])) && answer.payload !== '';
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: json ? JSON.parse(answer.payload) : undefined,
      text: answer.payload,
    };
  };
  const make: TestApi['make'] = async (path, body, key = adminKey) => {
    const answer = await call('POST', path, { body, key });
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
  };

  const other = await make('/v1/organizations', { name: 'other' });
  const some = scopes.filter((scope) => scope !== 'platform:admin');
  const { secret: otherKey } = await make('/v1/api-keys', { name: 'other', scopes: some, organizationId: other.id });

  return {
    ...{ app, ports, opened, adminKey, otherKey, rung, call, make },
    logged: text,
    async close() {
      await app.close();
      await access.close();
      await opened.close();
      await database.drop();
    },
  };
}

/** Every 4xx and 5xx is a problem document with a request id, and holds nothing of our insides. */
export function assertProblem(answer: Answer, status: number, code?: string): void {
  assert.equal(answer.status, status, answer.text);
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
  const { type, title, detail, requestId, ...problem } = answer.body;
  assert.equal(problem.status, status);
  assert.equal(type, `urn:vworkspace:problem:${problem.code}`);
  if (code !== undefined) assert.equal(problem.code, code, answer.text);
  assert.ok(title && detail, answer.text);
  assert.equal(requestId, answer.headers['x-request-id']);
  assert.doesNotMatch(answer.text, /node_modules|prisma|\bat .*\.ts|select |insert into|postgres(ql)?:|FST_ERR/i);
}

export function pointersOf(answer: Answer): string[] {
  return (answer.body.errors ?? []).map(({ pointer }: { pointer: string }) => pointer);
}
