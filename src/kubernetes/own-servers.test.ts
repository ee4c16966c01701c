/** Where the service's own servers are: nobody may register a cluster there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownServers } from './own-servers.ts';

const addresses: Readonly<Record<string, readonly string[]>> = {
  db: ['10.0.0.5', 'fd00::5'],
  replica: ['10.0.0.6'],
  '/var/run': ['10.0.0.9'],
};
const resolve = async (host: string) => {
  // A start waits for the answer, which does not come at once.
  await new Promise((answered) => setTimeout(answered, 10));
  const found = addresses[host];
  if (found === undefined) throw new Error('not found');
  return found.map((address) => ({ address, family: 4 }) as const);
};

test("each host of the service's addresses is known with its port, or the usual one", async () => {
  for (const [url, servers] of [
    ['postgresql://user:secret@db:6000/backups', ['10.0.0.5 6000', 'fd00::5 6000']],
    ['postgresql://db/backups', ['10.0.0.5 5432', 'fd00::5 5432']],
    ['redis://replica', ['10.0.0.6 6379']],
    ['rediss://replica', ['10.0.0.6 6379']],
    ['redis://10.0.0.7:6380', ['10.0.0.7 6380']],
    ['postgresql://[fd00::8]/backups', ['fd00::8 5432']],
    ['postgresql://db/backups?host=replica', ['10.0.0.5 5432', 'fd00::5 5432', '10.0.0.6 5432']],
    ['postgresql:///backups?host=replica,%2Fvar%2Frun', ['10.0.0.6 5432']],
    ['postgresql://nowhere/backups', []],
    ['no address', []],
  ] as const) {
    const known = await ownServers([url], resolve);
    assert.deepEqual(
      known().map(({ address, port }) => `${address} ${port}`),
      servers,
      url,
    );
  }
  const both = await ownServers(['redis://replica', 'postgresql://replica'], resolve);
  assert.deepEqual(
    both().map(({ port }) => port),
    [6379, 5432],
  );
});
