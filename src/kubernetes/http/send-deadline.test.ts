import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { Pool } from 'undici';
import { until } from '../../../test/support/until.ts';
import { abortUnsentAfter } from './send-deadline.ts';
import { unreachable } from './unreachable.ts';

test('a request that waited too long for a connection is never sent, and the next one is', async (t) => {
  const asked: string[] = [];
  let answer = () => {};
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/hangs') answer = () => response.end();
    else response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 1, pipelining: 1 });
  t.after(async () => {
    await pool.destroy();
    server.close();
  });
  const hangs = pool.request({ method: 'PATCH', path: '/hangs' });
  await until('the first to be sent', 20, () => asked.length === 1);
  const late = pool.compose(abortUnsentAfter(performance.now() + 10)).request({ method: 'PATCH', path: '/late' });
  late.catch(() => undefined);
  const next = pool.compose(abortUnsentAfter(performance.now() + 60_000)).request({ method: 'PATCH', path: '/next' });
  const waitedSince = performance.now();
  await until('its time to pass', 20, () => performance.now() - waitedSince > 50);
  answer();
  await (await hangs).body.dump();
  const failure = unreachable(await late.catch((error: unknown) => error));
  assert.match(failure.message, /could not be sent/);
  assert.equal(failure.untouched, true);
  await (await next).body.dump();
  assert.deepEqual(asked, ['/hangs', '/next']);
});
