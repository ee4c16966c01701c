import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { hostileKubeconfigs } from '../../test/support/kubernetes/hostile-kubeconfigs.ts';
import {
  answerJson,
  manifest,
  scripted,
  silentLog,
  soon,
  targetOf,
} from '../../test/support/kubernetes/scripted-cluster.ts';
import { clusterApi } from './cluster-api.ts';

test('forty hostile kubeconfigs are refused by a process that may run nothing and read nothing but its own code', async () => {
  const root = resolve(import.meta.dirname, '../..');
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--permission',
    `--allow-fs-read=${root}/src`,
    `--allow-fs-read=${root}/node_modules`,
    `--allow-fs-read=${root}/package.json`,
    `--allow-fs-read=${root}/test/support/kubernetes`,
    resolve(root, 'test/support/kubernetes/hostile-kubeconfigs.ts'),
  ]);
  const lines = stdout.trim().split('\n');
  assert.equal(hostileKubeconfigs.length, 40);
  assert.deepEqual(lines.slice(0, -1), Array(40).fill('refused rule-violated'));
  assert.equal(lines.at(-1), 'may run programs: false, may read /etc/hostname: false');
  assert.doesNotMatch(stdout, /canary/);
});

/** The ways to write an IPv4 address as a host that URL parsers and resolvers have been fooled with. */
function formsOf(address: string): readonly string[] {
  const parts = address.split('.').map(Number);
  const [a = 0, b = 0, c = 0, d = 0] = parts;
  const number = ((a * 256 + b) * 256 + c) * 256 + d;
  const high = (a * 256 + b).toString(16);
  const low = (c * 256 + d).toString(16);
  return [
    address,
    `${address}.`,
    String(number),
    `0x${number.toString(16)}`,
    `0${number.toString(8)}`,
    parts.map((part) => `0x${part.toString(16)}`).join('.'),
    parts.map((part) => `0${part.toString(8)}`).join('.'),
    `${a}.${b}.${c * 256 + d}`,
    address.replaceAll('.', '%2e'),
    address.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    address.replaceAll('.', '。'),
    `[::ffff:${address}]`,
    `[::ffff:${high}:${low}]`,
    `[64:ff9b::${high}:${low}]`,
    `[2002:${high}:${low}::1]`,
  ];
}

const addresses = ['127.0.0.1', '169.254.169.254', '100.100.100.200', '168.63.129.16', '0.0.0.0', '224.0.0.1'];
const others = [
  '[::1]',
  '[::]',
  '[fe80::1]',
  '[ff02::1]',
  '[fd00:ec2::254]',
  '[fd20:ce::254]',
  'localhost',
  'leads.example',
];
const hosts = [...addresses.flatMap(formsOf), ...others];

describe('no connection is made to', () => {
  test(`any of ${hosts.length} hostile addresses`, async () => {
    assert.ok(hosts.length >= 80);
    let connectionCount = 0;
    const server = createServer(() => {
      connectionCount += 1;
    }).listen(0);
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const deniedNetworks = ['127.0.0.0/8', '::1/128'];
    const api = clusterApi({ log: silentLog, deniedNetworks, resolve, timings: { connectSeconds: 2, callSeconds: 3 } });
    for (const host of hosts) {
      const answer = await api.apply(
        targetOf({ server: `https://${host}:${port}`, token: 'canary' }),
        manifest('a'),
        soon(),
      );
      assert.match('message' in answer ? answer.message : '', /is an address that clusters may not have/, host);
    }
    await api.close();
    server.close();
    assert.equal(connectionCount, 0);
  });

  test('an address that a name resolves to a moment after it was checked', async () => {
    let connectionCount = 0;
    const server = createServer(() => {
      connectionCount += 1;
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    let askedCount = 0;
    const resolve = async () => {
      askedCount += 1;
      return [{ address: askedCount % 2 === 1 ? '127.99.99.99' : '127.0.0.1', family: 4 }];
    };
    const api = clusterApi({ log: silentLog, deniedNetworks: ['127.0.0.1/32'], resolve });
    const target = targetOf({ server: `https://rebinding.example:${port}`, token: 'canary' });
    for (let round = 0; round < 20; round += 1) {
      const answer = await api.apply(target, manifest('a'), soon());
      assert.match(
        'message' in answer ? answer.message : '',
        round % 2 === 0 ? /ECONNREFUSED 127\.99\.99\.99/ : /may not have/,
      );
    }
    await api.close();
    server.close();
    assert.equal(connectionCount, 0);
    assert.equal(askedCount, 20);
  });

  test('this machine or a server of our own, by any name, for access that was given under that rule', async () => {
    await using cluster = await scripted((_, response) => answerJson(response, 200, { gitVersion: 'v1.34.1' }));
    const port = Number(new URL(cluster.target.access.server).port);
    const ownServers = () => [{ address: '127.0.0.9', port: 5432 }];
    let leadsTo = '127.0.0.1';
    const resolve = async () => [{ address: leadsTo, family: 4 }];
    const api = clusterApi({ log: silentLog, ownServers, resolve });
    const found = async (server: string, deniesLocalAddresses: boolean) => {
      const { failure, localAddress } = await api.discover(
        targetOf({ ...cluster.target.access, server, ...(deniesLocalAddresses && { deniesLocalAddresses }) }),
        '2026-01-01T00:00:00.000Z',
      );
      return { kind: failure?.kind, message: failure?.message ?? '', localAddress };
    };
    const messages = new Set<string>();
    for (const [host, address] of [
      ['leads.example', '127.0.0.1'],
      ['leads.example', '::1'],
      ['leads.example', '127.0.0.9'],
      ['localhost', '127.0.0.1'],
      ['127.0.0.1', '127.0.0.1'],
    ] as const) {
      leadsTo = address;
      for (const each of [port, 5432, 6379]) {
        const { kind, message } = await found(`https://${host}:${each}`, true);
        assert.equal(kind, 'Unreachable');
        assert.match(message, /is an address that clusters may not have/);
        messages.add(message);
      }
    }
    assert.equal(cluster.connectionCount(), 0);
    assert.equal(messages.size, 5, 'a message for each host and address, and none for each port');

    leadsTo = '127.0.0.1';
    const before = await found(cluster.target.access.server.replace('127.0.0.1', 'localhost'), false);
    assert.deepEqual([before.kind, before.localAddress], [undefined, '127.0.0.1']);
    assert.ok(cluster.connectionCount() > 0, 'what was registered before goes on');
    await api.close();
  });
});
