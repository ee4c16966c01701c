import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Script, scripted, silentLog } from '../../../test/support/kubernetes/scripted-cluster.ts';
import { clusterApi } from '../cluster-api.ts';

async function discover(script: Script) {
  await using server = await scripted(script);
  const api = clusterApi({ log: silentLog, timings: { connectSeconds: 2, callSeconds: 6 } });
  const found = await api.discover(server.target, '2026-01-01T00:00:00.000Z', []);
  await api.close();
  return found;
}

describe('an address that answers', () => {
  test('whatever is no API server is told as such, and nothing else is asked', async () => {
    const page = '<html>It works</html>';
    const answers: readonly (readonly [number, string, Record<string, string>])[] = [
      [307, '', { location: 'https://10.0.0.1/' }],
      [302, page, { location: '/login' }],
      [200, page, { 'content-type': 'text/html' }],
      [200, '{}', { 'content-type': 'application/json' }],
      [404, '404 page not found\n', { 'content-type': 'text/plain' }],
      [404, page, {}],
      [403, page, {}],
      [400, 'HTTP request was sent to HTTPS port', {}],
      [502, page, {}],
      [500, page, {}],
    ];
    for (const [status, text, headers] of answers) {
      let askedCount = 0;
      const { discovery, failure } = await discover((_, response) => {
        askedCount += 1;
        response.writeHead(status, headers).end(text);
      });
      assert.equal(failure?.kind === 'ServerError' && failure.notApiServer, true, `${status} ${text}`);
      if (status < 400 && status >= 300) assert.match(failure?.message ?? '', /redirect/);
      assert.equal(askedCount, 1);
      assert.equal(discovery.server.status, 'Unknown');
    }
  });

  test('an API server that fails in its own way is still one', async () => {
    for (const [status, text, headers] of [
      [500, JSON.stringify({ kind: 'Status', message: 'etcd is away', code: 500 }), {}],
      [500, 'Internal Server Error: "/version"', { 'audit-id': 'a' }],
      [403, JSON.stringify({ kind: 'Status', reason: 'Forbidden', message: 'no', code: 403 }), {}],
    ] as const) {
      const { failure } = await discover((_, response) => response.writeHead(status, headers).end(text));
      assert.equal(failure, undefined, text);
    }
  });
});
