import assert from 'node:assert/strict';
import type { ClientHttp2Session } from 'node:http2';
import { connect } from 'node:http2';
import { Agent, get } from 'node:https';
import type { Socket } from 'node:net';
import { connect as tcpConnect } from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { connect as tlsConnect } from 'node:tls';
import { startCluster } from './index.ts';
import type { SimulatedCluster } from './options.ts';
import { apply, call, callHttp2, OPERATIONS, operation, until, watch } from './testing.ts';

let cluster: SimulatedCluster;
before(async () => {
  cluster = await startCluster();
  cluster.addNamespace('org-myteam', { labels: {} });
  cluster.addApplicationInstance('org-myteam', 'nextcloud');
  await apply(cluster, operation('there'));
});
after(() => cluster.close());
afterEach(() => cluster.clearFaults());

const list = (timeoutMs = 10_000): ReturnType<typeof call> => call(cluster, 'GET', OPERATIONS, { timeoutMs });

function session(context: { after(step: () => void): void }, of = cluster): ClientHttp2Session {
  const open = connect(of.url, { ca: of.caPem });
  open.on('error', () => undefined);
  context.after(() => open.destroy());
  return open;
}

/** One GET over a connection that is kept. */
const kept = (agent: Agent, timeout: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${cluster.adminToken}` };
    const sent = get(`${cluster.url}${OPERATIONS}`, { agent, ca: cluster.caPem, headers, timeout }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('timeout', () => sent.destroy(new Error('timed out')));
    sent.on('error', reject);
  });

test('HTTP/2 is offered beside HTTP/1.1 with 250 streams a connection, unless it is switched off', async (context) => {
  const open = session(context);
  assert.equal((await callHttp2(open, cluster, 'GET', OPERATIONS)).code, 200);
  assert.equal(open.alpnProtocol, 'h2');
  assert.equal(open.remoteSettings.maxConcurrentStreams, 250);
  assert.equal((await list()).code, 200);
  const old = await startCluster({ http2: false });
  context.after(() => old.close());
  await assert.rejects(callHttp2(session(context, old), old, 'GET', '/version'));
  assert.equal((await call(old, 'GET', '/version')).code, 200);
});

test('over HTTP/2 a client whose token is rejected is asked to leave, once it has its answer', async (context) => {
  const open = session(context);
  const left = new Promise<void>((resolve) => open.on('goaway', () => resolve()));
  assert.equal((await callHttp2(open, cluster, 'GET', OPERATIONS)).code, 200);
  cluster.inject({ kind: 'unauthorized', count: 1 });
  assert.equal((await callHttp2(open, cluster, 'GET', OPERATIONS)).code, 401);
  await left;
});

test('over HTTP/2 a broken answer ends its stream alone, and a reset the connection', async (context) => {
  const open = session(context);
  const errors: string[] = [];
  open.on('error', (error: Error & { readonly code?: string }) => errors.push(String(error.code)));
  for (const fault of [
    { kind: 'truncate', count: 1 },
    { kind: 'cutAfterCommit', count: 1 },
  ] as const) {
    cluster.inject(fault);
    const body = operation(`broken-${fault.kind.toLowerCase()}`);
    await assert.rejects(callHttp2(open, cluster, 'POST', OPERATIONS, { body }), { code: 'ERR_HTTP2_STREAM_ERROR' });
  }
  assert.notEqual(cluster.get('operations', 'org-myteam', 'broken-cutaftercommit'), undefined);
  cluster.inject({ kind: 'mute', count: 1 });
  await assert.rejects(callHttp2(open, cluster, 'GET', OPERATIONS, { timeoutMs: 100 }), /timed out/);
  cluster.inject({ kind: 'slow', ms: 80, count: 1 });
  const begun = performance.now();
  assert.equal((await callHttp2(open, cluster, 'GET', OPERATIONS)).code, 200);
  assert.ok(performance.now() - begun >= 79);
  cluster.inject({ kind: 'throttle', retryAfterSeconds: 7, count: 1 });
  assert.equal((await callHttp2(open, cluster, 'GET', OPERATIONS)).headers['retry-after'], '7');
  assert.equal(open.destroyed, false);
  cluster.inject({ kind: 'unreachable', mode: 'reset', count: 1 });
  await assert.rejects(callHttp2(open, cluster, 'GET', OPERATIONS));
  await until('the reset of the connection', () => errors.includes('ECONNRESET'));
});

test('half-open: watches and kept connections fall silent without an end, and no ping is answered', async (context) => {
  const open = session(context);
  await callHttp2(open, cluster, 'GET', OPERATIONS);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  context.after(() => agent.destroy());
  await kept(agent, 5_000);
  const watching = watch(cluster, `${OPERATIONS}?watch=1`);
  await until('its head', () => watching.events.length > 0);
  let ended = false;
  void watching.ended.then(() => {
    ended = true;
  });
  const seen = watching.events.length;
  const fault = cluster.inject({ kind: 'halfOpen', only: 'established' });
  let answered = false;
  open.ping(() => {
    answered = true;
  });
  const { total } = cluster.requests;
  await assert.rejects(kept(agent, 150), /timed out/);
  assert.equal(cluster.requests.total, total);
  assert.equal((await apply(cluster, operation('while-half-open'))).code, 201);
  fault.clear();
  assert.equal((await list()).code, 200);
  assert.deepEqual([watching.events.length, ended, answered], [seen, false, false]);
  watching.close();
});

test('half-open: new connections get no byte, and one that heals goes on where it was', async () => {
  const watching = watch(cluster, `${OPERATIONS}?watch=1&resourceVersion=0`);
  await until('its head', () => watching.events.length > 0);
  const seen = watching.events.length;
  const fault = cluster.inject({ kind: 'halfOpen', heals: true });
  cluster.put('operations', operation('unheard', {}, { namespace: 'org-myteam' }));
  await assert.rejects(list(150), /timed out/);
  assert.equal(watching.events.length, seen);
  const waiting = list();
  fault.clear();
  assert.equal((await waiting).code, 200);
  const name = (event: { readonly object: unknown }): boolean => JSON.stringify(event.object).includes('"unheard"');
  await until('the event that was held back', () => watching.events.some(name));
  watching.close();
});

test('a black hole takes connections and says nothing; a cluster that silently lost them closes all the same', async () => {
  const lost = await startCluster();
  const watching = watch(lost, '/api/v1/namespaces?watch=1');
  await until('its head', () => watching.events.length > 0);
  const fault = lost.inject({ kind: 'unreachable', mode: 'blackHole', durationMs: 60_000 });
  await assert.rejects(call(lost, 'GET', '/version', { timeoutMs: 150 }), /timed out/);
  fault.clear();
  assert.equal((await call(lost, 'GET', '/version')).code, 200);
  await lost.close();
  await watching.ended;
});

test('a certificate that cannot be trusted breaks the handshake until it is put right', async () => {
  const codes = {
    authority: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    name: 'ERR_TLS_CERT_ALTNAME_INVALID',
    expired: 'CERT_HAS_EXPIRED',
  } as const;
  for (const problem of ['authority', 'name', 'expired'] as const) {
    const watching = watch(cluster, `${OPERATIONS}?watch=1`);
    await until('its head', () => watching.events.length > 0);
    const fault = cluster.inject({ kind: 'certificate', problem });
    await watching.ended;
    await assert.rejects(list(), { code: codes[problem] });
    fault.clear();
    assert.equal((await list()).code, 200);
  }
});

test('connections that clients end, break off, garble or do not trust leave nothing behind', async () => {
  const port = Number(new URL(cluster.url).port);
  const sockets = (): number => process.getActiveResourcesInfo().filter((each) => each.startsWith('TCPSocket')).length;
  const ways: Readonly<Record<string, () => Socket>> = {
    ended: () => tcpConnect(port, '127.0.0.1').end(),
    garbled: () => tcpConnect(port, '127.0.0.1').end('GET / HTTP/1.1\r\n\r\n'),
    distrusting: () => tlsConnect({ port, host: '127.0.0.1' }),
    'ended after the handshake': () => {
      const secure = tlsConnect({ port, host: '127.0.0.1', ca: cluster.caPem }, () => secure.end());
      return secure;
    },
    'broken off': () => {
      const secure = tlsConnect({ port, host: '127.0.0.1', ca: cluster.caPem }, () => secure.destroy());
      return secure;
    },
  };
  await until('what went before to end', () => sockets() === 0);
  for (const silent of [false, true]) {
    if (silent) cluster.inject({ kind: 'halfOpen', only: 'new' });
    for (const [way, begin] of Object.entries(ways)) {
      const begun = Array.from({ length: 10 }, begin);
      for (const socket of begun) socket.on('error', () => undefined).resume();
      if (silent) await until('connections', () => begun.every((socket) => socket.destroyed || !socket.pending));
      if (silent) for (const socket of begun) socket.destroy();
      await until(`the end of connections ${way}`, () => sockets() === 0);
    }
  }
});
