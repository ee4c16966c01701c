import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { until } from '../support/until.ts';
import { type Answer, assertProblem, startApi, type TestApi } from './harness.ts';

describe('on the wire', () => {
  let api: TestApi;
  let port: number;
  let draining = false;
  before(async () => {
    api = await startApi({ draining: () => draining });
    port = Number(new URL(await api.app.listen({ host: '127.0.0.1', port: 0 })).port);
  });
  after(() => api.close());

  /** Sends bytes, and reads until the server closes. */
  const raw = async (text: string): Promise<Answer> => {
    const socket = connect(port, '127.0.0.1');
    socket.write(text);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    await once(socket, 'close');
    const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n');
    const [start = '', ...lines] = head.split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [line.split(':', 1).join('').toLowerCase(), line.slice(line.indexOf(':') + 2)]),
    );
    return {
      status: Number(start.split(' ')[1]),
      headers,
      text: body,
      body: body.startsWith('{') ? JSON.parse(body) : undefined,
    };
  };
  const closing = 'Host: x\r\nConnection: close\r\n';

  test('headers that never come are refused, and their sockets are closed even if the client keeps its half open', async () => {
    const { app, close } = await startApi({}, { timeouts: { headersTimeoutMs: 300, timeoutCheckMs: 100 } });
    try {
      let acceptedCount = 0;
      app.server.on('connection', () => {
        acceptedCount += 1;
      });
      const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
      const texts = new Set<string>();
      const sockets = Array.from({ length: 200 }, () => {
        const socket = connect({ port: Number(url.port), host: '127.0.0.1', allowHalfOpen: true });
        socket.write('GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ');
        socket.once('data', (chunk) => texts.add(String(chunk).split('\r\n', 1).join(''))).on('error', () => undefined);
        return socket;
      });
      const count = () => promisify(app.server.getConnections.bind(app.server))();
      await until('every slow request', 5, () => acceptedCount === sockets.length);
      await until('the end of every socket', 10, async () => (await count()) === 0);
      assert.deepEqual([...texts], ['HTTP/1.1 408 Request Timeout']);
      for (const socket of sockets) socket.destroy();
    } finally {
      await close();
    }
  });

  test('bytes that are no HTTP are answered with a problem document, and the connection ends', async () => {
    for (const text of [
      'nonsense\r\n\r\n',
      'FOO / HTTP/1.1\r\n\r\n',
      'GET /v1 HTTP/1.1\r\nHost: x\r\nBad Header: x\r\n\r\n',
      'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n',
      'POST /v1/clusters HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
    ]) {
      assertProblem(await raw(text), 400, 'malformed-request');
    }
  });

  test('headers and addresses beyond 16 KiB are refused with 431', async () => {
    assertProblem(await raw(`GET / HTTP/1.1\r\n${closing}X: ${'x'.repeat(20_000)}\r\n\r\n`), 431, 'headers-too-large');
    assertProblem(await raw(`GET /${'x'.repeat(20_000)} HTTP/1.1\r\n${closing}\r\n`), 431, 'headers-too-large');
  });

  test('a path that leads out of the documentation is not there, with or without a key', async () => {
    const before = api.logged().length;
    for (const path of [
      '..',
      '../..',
      '..%2f..%2fpackage.json',
      '%2e%2e/package.json',
      './index.css',
      '.hidden',
      '%00',
    ])
      assertProblem(await raw(`GET /docs/static/${path} HTTP/1.1\r\n${closing}\r\n`), 404, 'not-found');
    assert.doesNotMatch(api.logged().slice(before), /"level":50|"stack"/);
  });

  test('every Expect is met or ignored', async () => {
    for (const expectation of ['100-continue', 'miracles']) {
      const answer = await raw(`GET /livez HTTP/1.1\r\n${closing}Expect: ${expectation}\r\n\r\n`);
      assert.ok([100, 200].includes(answer.status), String(answer.status));
    }
  });

  test('a body that is longer than accepted is refused without being read', async () => {
    const head = `POST /v1/organizations HTTP/1.1\r\n${closing}Authorization: Bearer ${api.adminKey}\r\nContent-Type: application/json\r\n`;
    assertProblem(await raw(`${head}Content-Length: 99999999\r\n\r\n{`), 413, 'body-too-large');
  });

  test('a body whose chunks are broken is refused', async () => {
    const head = `POST /v1/organizations HTTP/1.1\r\n${closing}Authorization: Bearer ${api.adminKey}\r\nContent-Type: application/json\r\n`;
    assertProblem(await raw(`${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`), 400, 'malformed-request');
  });

  test('an upload that the client breaks off is logged as that, and as no failure of this service', async () => {
    const socket = connect(port, '127.0.0.1');
    const head = `POST /v1/organizations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.adminKey}\r\nX-Request-Id: broken-off\r\nContent-Type: application/json\r\n`;
    socket.write(`${head}Content-Length: 1000\r\n\r\n{`);
    await once(api.app.server, 'request');
    const lines = () =>
      api
        .logged()
        .split('\n')
        .filter((line) => line.includes('broken-off'));
    socket.destroy();
    await until('the log says it', 10, () => lines().some((line) => line.includes('the client went away')));
    for (const line of lines()) assert.equal(JSON.parse(line).level, 30, line);
    assert.doesNotMatch(lines().join('\n'), /needs is not available/);
  });

  test('documentation is served without the network, under a policy that it keeps', async () => {
    const origin = `http://127.0.0.1:${port}`;
    const seen = new Set<string>();
    /** What this address answers. Nothing on the way leads to another host, and nothing sends a browser to https. */
    const read = async (address: string, base: string) => {
      const answer = await fetch(new URL(address, base));
      const text = await answer.text();
      assert.equal(answer.status, 200, address);
      assert.equal(new URL(answer.url).origin, origin, address);
      assert.equal(answer.headers.get('strict-transport-security'), null, address);
      // Over plain http the browser would ask for the scripts over https, and the page would stay blank.
      assert.doesNotMatch(answer.headers.get('content-security-policy') ?? '', /upgrade-insecure-requests/, address);
      seen.add(new URL(answer.url).pathname);
      return { text, url: answer.url, headers: answer.headers };
    };
    for (const start of ['/docs', '/docs/']) {
      const { text: html, url, headers } = await read(start, origin);
      assert.ok(headers.get('content-security-policy')?.includes("default-src 'self'"), start);
      assert.doesNotMatch(html, /<script>[^<]/, 'no inline script, which the policy would stop');
      assert.doesNotMatch(html, /http-equiv/i, 'no header in the page');
      const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
      assert.ok(assets.length >= 5, `${start}: ${assets}`);
      for (const asset of assets) {
        const { text, url: at } = await read(asset, url);
        const inStyle = asset.endsWith('.css') ? text.matchAll(/url\(["']?(?!data:)([^"')]+)/g) : [];
        for (const [, path = ''] of inStyle) await read(path, at);
        // What the page's script asks for, by addresses relative to the page.
        const inScript = /initializer/.test(asset) ? text.matchAll(/resolveUrl\('(\.[^']+)'\)/g) : [];
        for (const [, path = ''] of inScript) await read(path, `${origin}/docs/`);
      }
    }
    for (const path of ['/docs/json', '/docs/static/swagger-ui-bundle.js', '/docs/static/swagger-ui.css'])
      assert.ok(seen.has(path), `${path} of ${[...seen]}`);
    for (const path of ['/openapi.json', '/docs/json'])
      assert.match((await read(path, origin)).text, /^{"openapi":"3.0.3"/);
  });

  test('while draining requests are served, connections are not kept, and readiness fails', async () => {
    const get = (path: string) =>
      new Promise<{ status: number | undefined; connection: string | undefined; text: string }>((resolve, reject) => {
        const sent = request({ port, host: '127.0.0.1', path, headers: { connection: 'keep-alive' } }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode,
              connection: response.headers.connection,
              text: String(Buffer.concat(chunks)),
            }),
          );
        });
        sent.on('error', reject).end();
      });
    assert.deepEqual(await get('/livez').then(({ status, connection }) => [status, connection]), [200, 'keep-alive']);
    draining = true;
    try {
      assert.deepEqual(await get('/livez').then(({ status, connection }) => [status, connection]), [200, 'close']);
      const unready = await get('/readyz');
      assert.deepEqual([unready.status, unready.connection], [503, 'close']);
      assert.match(unready.text, /draining/);
    } finally {
      draining = false;
    }
  });
});
