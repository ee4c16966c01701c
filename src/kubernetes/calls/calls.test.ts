import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { newAuthority, newCertificate } from '../../../test/support/kubernetes/certificates.ts';
import {
  answerJson,
  manifest,
  multiplexed,
  operationObject,
  type Script,
  scripted,
  silentLog,
  soon,
  targetOf,
} from '../../../test/support/kubernetes/scripted-cluster.ts';
import { within } from '../../../test/support/until.ts';
import type { ClusterAnswer } from '../../core/delivery/rules/answer.ts';
import { clusterApi } from '../cluster-api.ts';

const timings = { connectSeconds: 0.5, callSeconds: 0.6 };
const stored = operationObject('a', '1', 'Pending');
const authority = await newAuthority('CN=Another CA');

async function applyTo(script: Script): Promise<ClusterAnswer> {
  await using server = await scripted(script);
  const api = clusterApi({ log: silentLog, timings });
  const answer = await within('the call', 3, api.apply(server.target, manifest('a'), soon()));
  await api.close();
  return answer;
}

const messageOf = (answer: ClusterAnswer) => ('message' in answer ? answer.message : '');

test('an apply is one server-side apply with our field manager, not forced', async () => {
  await using server = await scripted((_request, response) =>
    answerJson(response, 201, stored, { warning: ['299 - "unknown field \\"x\\""'] }),
  );
  const api = clusterApi({ log: silentLog });
  assert.deepEqual(await api.apply(server.target, manifest('a', 'uid-a'), soon()), {
    kind: 'Applied',
    uid: 'uid-a',
    warnings: ['unknown field "x"'],
  });
  await api.close();
  assert.equal(server.requests.length, 1);
  const [request] = server.requests;
  assert.equal(request?.method, 'PATCH');
  assert.equal(
    request?.url,
    '/apis/ops.vworkspace.io/v1alpha1/namespaces/apps/operations/a?fieldManager=vworkspace-control-plane&force=false',
  );
  assert.equal(request?.headers['content-type'], 'application/apply-patch+yaml');
  assert.equal(request?.headers.authorization, 'Bearer canary-token');
  assert.deepEqual(JSON.parse(request?.body ?? ''), manifest('a', 'uid-a'));
});

test('an apply whose time to be sent has passed is not sent', async () => {
  await using server = await scripted((_request, response) => answerJson(response, 200, stored));
  const api = clusterApi({ log: silentLog });
  const answer = await api.apply(server.target, manifest('a'), performance.now() - 1);
  await api.close();
  assert.partialDeepStrictEqual(answer, { kind: 'Unreachable', untouched: true });
  assert.match(messageOf(answer), /could not be sent in time/);
  assert.equal(server.requests.length, 0);
});

test('a delete names the uid that it is meant for', async () => {
  await using server = await scripted((_request, response) =>
    answerJson(response, 200, { kind: 'Status', apiVersion: 'v1', status: 'Success' }),
  );
  const api = clusterApi({ log: silentLog });
  assert.deepEqual(await api.remove(server.target, { name: 'a', namespace: 'apps', uid: 'u1' }), { kind: 'Deleted' });
  assert.deepEqual(await api.remove(server.target, { name: 'a', namespace: 'apps' }), { kind: 'Deleted' });
  await api.close();
  assert.equal(server.requests[0]?.method, 'DELETE');
  assert.deepEqual(JSON.parse(server.requests[0]?.body ?? '').preconditions, { uid: 'u1' });
  assert.equal(server.requests[1]?.body, '');
});

describe('every call ends within its time, with a reason', () => {
  test('a mute server', async () =>
    assert.match(messageOf(await applyTo(() => undefined)), /no complete answer within 0.6 s/));
  test('an answer that dribbles', async () => {
    const answer = await applyTo((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    assert.match(messageOf(answer), /no complete answer/);
  });
  test('a port that takes connections and says nothing', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const api = clusterApi({ log: silentLog, timings });
    const answer = await api.apply(
      targetOf({ server: `https://127.0.0.1:${port}`, token: 't' }),
      manifest('a'),
      soon(),
    );
    assert.match(messageOf(answer), /within/);
    await api.close();
    server.close();
  });
  test('more calls than connections wait, and end in time too', async () => {
    await using server = await scripted(() => undefined);
    const api = clusterApi({ log: silentLog, timings });
    const calls = Array.from({ length: 7 }, () => api.apply(server.target, manifest('a'), soon()));
    const answers = await within('every call', 3, Promise.all(calls));
    assert.equal(server.peak(), multiplexed() ? 1 : 3);
    assert.deepEqual(new Set(answers.map(({ kind }) => kind)), new Set(['Unreachable']));
    await api.close();
  });
});

describe('a call without an answer is Unreachable, in words', () => {
  const words = async (access: Parameters<typeof targetOf>[0], options = {}) => {
    const api = clusterApi({ log: silentLog, timings, ...options });
    const answer = await api.apply(targetOf({ token: 'canary-token', ...access }), manifest('a'), soon());
    await api.close();
    assert.equal(answer.kind, 'Unreachable');
    assert.doesNotMatch(messageOf(answer), /canary-token|node_modules|\n/);
    return messageOf(answer);
  };
  test('nobody listens', async () =>
    assert.match(await words({ server: 'https://127.0.0.1:1' }), /connect ECONNREFUSED 127\.0\.0\.1:1$/));
  test('plain HTTP', async () => assert.match(await words({ server: 'http://127.0.0.1:1' }), /https:\/\//));
  test('no address at all', async () => assert.match(await words({ server: 'nonsense' }), /https:\/\//));
  test('metadata by number', async () =>
    assert.match(await words({ server: 'https://169.254.169.254' }), /may not have/));
  test('metadata in hexadecimal', async () =>
    assert.match(await words({ server: 'https://0xA9FEA9FE' }), /may not have/));
  test('metadata as mapped IPv6', async () =>
    assert.match(await words({ server: 'https://[::ffff:169.254.169.254]' }), /may not have/));
  test('a certificate of another authority', async () => {
    await using server = await scripted(() => undefined);
    assert.match(
      await words({ server: server.target.access.server, ca: authority.certificate }),
      /^the certificate is not signed by an authority that is trusted for the cluster \(ca\): [a-z ]+$/,
    );
  });
  test('an expired certificate', async () => {
    await using server = await scripted(
      () => undefined,
      await newCertificate(authority, -3, -1),
      authority.certificate,
    );
    assert.match(await words(server.target.access), /certificate has expired/);
  });
  test('a certificate for another name', async () => {
    await using server = await scripted(() => undefined);
    assert.match(
      await words({ ...server.target.access, tlsServerName: 'kubernetes.example' }),
      /does not match certificate/,
    );
  });
  test('an authority that is none', async () =>
    assert.match(
      await words({ server: 'https://127.0.0.1:1', clientKey: 'x', clientCertificate: 'y' }),
      /certificates or the key|ECONNREFUSED/,
    ));
  test('a name that resolves to metadata, also beside a good address', async () => {
    const resolve = async () => [
      { address: '127.0.0.1', family: 4 },
      { address: '169.254.169.254', family: 4 },
    ];
    assert.match(
      await words({ server: 'https://cluster.example' }, { resolve }),
      /cluster\.example resolves to 169\.254\.169\.254/,
    );
  });
  test('a name that nobody knows', async () => {
    const resolve = async () =>
      Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND cluster.example'), { code: 'ENOTFOUND' }));
    assert.match(await words({ server: 'https://cluster.example' }, { resolve }), /ENOTFOUND cluster\.example/);
  });
  test('a connection that is cut', async () => {
    assert.match(messageOf(await applyTo((request) => request.socket.destroy())), /closed|reset/);
  });
  test('an answer that is cut', async () => {
    const answer = await applyTo((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
      response.write('{"kind":');
      setTimeout(() => request.socket.destroy(), 20);
    });
    assert.equal(answer.kind, 'Unreachable');
  });
  test('an answer without end', async () => {
    const answer = await applyTo((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const chunk = 'x'.repeat(1 << 20);
      for (let index = 0; index < 6; index += 1) response.write(chunk);
    });
    assert.match(messageOf(answer), /larger than 4096 KiB/);
  });
});

test('the name is resolved once a connection, and the address that was checked is the one connected to', async () => {
  await using server = await scripted((_request, response) => answerJson(response, 200, stored));
  const asked: string[] = [];
  const resolve = async (hostname: string) => {
    asked.push(hostname);
    return [{ address: asked.length === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }];
  };
  const api = clusterApi({ log: silentLog, timings, resolve });
  const target = targetOf({
    ...server.target.access,
    server: server.target.access.server.replace('127.0.0.1', 'localhost'),
  });
  assert.equal((await api.apply(target, manifest('a'), soon())).kind, 'Applied');
  assert.deepEqual(asked, ['localhost']);
  await api.close();
});

test('an own network is denied when it is named', async () => {
  const api = clusterApi({ log: silentLog, timings, deniedNetworks: ['127.0.0.0/8'] });
  assert.match(
    messageOf(await api.apply(targetOf({ server: 'https://127.0.0.1:1' }), manifest('a'), soon())),
    /may not have/,
  );
  await api.close();
});

test('a redirect is not followed, and no token goes along', async () => {
  await using elsewhere = await scripted((_request, response) => answerJson(response, 200, stored));
  const answer = await applyTo((_request, response) =>
    response.writeHead(307, { location: `${elsewhere.target.access.server}/x` }).end(),
  );
  assert.equal(answer.kind, 'ServerError');
  assert.equal(elsewhere.requests.length, 0);
});

test('a server that repeats the token cannot get it into our records', async () => {
  const echo: Script = (request, response) =>
    answerJson(response, 422, { kind: 'Status', reason: 'Invalid', message: `no: ${request.headers.authorization}` });
  assert.doesNotMatch(JSON.stringify(await applyTo(echo)), /canary/);
});

test('a certificate goes unverified only where the installation and the access both say so', async () => {
  await using server = await scripted((_request, response) => answerJson(response, 200, stored));
  const insecure = targetOf({ server: server.target.access.server, token: 't', insecureSkipTlsVerify: true });
  const strict = clusterApi({ log: silentLog, timings });
  assert.equal((await strict.apply(insecure, manifest('a'), soon())).kind, 'Unreachable');
  await strict.close();
  const lenient = clusterApi({ log: silentLog, timings, allowInsecureTls: true });
  assert.equal((await lenient.apply(insecure, manifest('a'), soon())).kind, 'Applied');
  const verified = targetOf({ server: server.target.access.server, token: 't' });
  assert.equal((await lenient.apply(verified, manifest('a'), soon())).kind, 'Unreachable');
  await lenient.close();
});
