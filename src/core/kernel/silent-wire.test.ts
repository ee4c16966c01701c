/** A connection whose other side says nothing any more is noticed, and no other is touched. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { endWhenSilent, SilentWire } from './silent-wire.ts';

/** Both ends of a connection; what arrives at the far one is answered as the test says. */
async function wire(t: TestContext, answer: (far: Socket, data: Buffer) => void): Promise<Socket> {
  const server = createServer((far) => {
    far.on('error', () => {});
    far.on('data', (data) => answer(far, data));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const near = connect(address.port, '127.0.0.1');
  near.resume();
  t.after(() => {
    near.destroy();
    server.close();
  });
  await once(near, 'connect');
  return near;
}

const silenceMs = 100;

test('a connection that was written to and stays silent is destroyed, with an error like that of the network', async (t) => {
  const near = await wire(t, () => {});
  let told = 0;
  endWhenSilent(near, silenceMs, () => (told += 1));
  near.write('hello');
  const [error] = await once(near, 'error');
  assert.ok(error instanceof SilentWire);
  assert.deepEqual([error.code, told, near.destroyed], ['ETIMEDOUT', 1, true]);
});

test('a connection that answers, however often it is asked, stays; so does one that nobody writes to', async (t) => {
  const near = await wire(t, (far, data) => far.write(data));
  const idle = await wire(t, () => {});
  for (const each of [near, idle]) {
    each.on('error', () => {});
    endWhenSilent(each, silenceMs);
  }
  for (let n = 0; n < 8; n += 1) {
    near.write('hello');
    await once(near, 'data');
    await new Promise((resolve) => setTimeout(resolve, silenceMs / 4));
  }
  await new Promise((resolve) => setTimeout(resolve, 2 * silenceMs));
  assert.deepEqual([near.destroyed, idle.destroyed], [false, false]);
});

test('a question that comes while the time of an answered one runs gets its whole time, and no more', async (t) => {
  let answered = 0;
  const near = await wire(t, (far, data) => {
    answered += 1;
    if (answered === 1) far.write(data);
  });
  endWhenSilent(near, 4 * silenceMs);
  near.write('first');
  await once(near, 'data');
  await new Promise((resolve) => setTimeout(resolve, 2 * silenceMs));
  const askedAt = performance.now();
  near.write('second');
  await once(near, 'error');
  assert.ok(performance.now() - askedAt >= 4 * silenceMs - 5);
});
