import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressRules } from './denied-addresses.ts';

const { verdict } = addressRules({});

for (const address of [
  '169.254.169.254',
  '169.254.0.1',
  '0.0.0.0',
  '0.1.2.3',
  '224.0.0.1',
  '239.255.255.250',
  '255.255.255.255',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  '::',
  'fe80::1',
  'fe80::1%eth0',
  '[fe80::1]',
  'febf::1',
  'fd00:ec2::254',
  'fd20:ce::254',
  'ff02::1',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '::169.254.169.254',
  '64:ff9b::169.254.169.254',
  '2002:a9fe:a9fe::1',
  '::ffff:0.0.0.0',
  'example.com',
  '',
  '169.254.169.254.example.com',
]) {
  test(`${address || 'nothing'} is never connected to`, () => assert.equal(verdict(address, 443), 'Never'));
}

for (const address of ['127.0.0.1', '127.255.0.9', '::1', '::ffff:127.0.0.1', '64:ff9b::127.0.0.1', '2002:7f00:1::1']) {
  test(`${address} is local: no new registration leads there`, () => assert.equal(verdict(address, 6443), 'Local'));
}

for (const address of [
  '10.0.0.1',
  '192.168.1.1',
  '172.16.0.9',
  '100.64.0.1',
  '203.0.113.7',
  'fd12::1',
  '2001:db8::1',
  '::ffff:10.0.0.1',
]) {
  test(`${address} may be a cluster's`, () => assert.equal(verdict(address, 443), 'Allowed'));
}

test('an installation denies its own networks too, in every form of the address', () => {
  const own = addressRules({ deniedNetworks: ['10.1.0.0/16', '192.0.2.4', 'fd99::/16'] });
  for (const address of ['10.1.255.1', '192.0.2.4', 'fd99::1', '::ffff:10.1.0.1', '64:ff9b::10.1.0.1'])
    assert.equal(own.verdict(address, 443), 'Never', address);
  for (const address of ['10.2.0.1', '192.0.2.5', 'fd98::1'])
    assert.equal(own.verdict(address, 443), 'Allowed', address);
});

test("the service's own servers are local, with each port and in every form", () => {
  const ownServers = () => [{ address: '10.0.0.5', port: 5432 }];
  const rules = addressRules({ ownServers });
  for (const address of ['10.0.0.5', '::ffff:10.0.0.5', '64:ff9b::10.0.0.5'])
    assert.deepEqual(
      [5432, 6443].map((port) => rules.verdict(address, port)),
      ['Local', 'Local'],
      address,
    );
  assert.equal(rules.verdict('10.0.0.6', 5432), 'Allowed');
});

test('a setting allows ranges, but never link-local addresses nor the port of an own server', () => {
  const ownServers = () => [{ address: '127.0.0.1', port: 5432 }];
  const rules = addressRules({ ownServers, allowedClusterAddresses: ['127.0.0.0/8', '::1/128', '169.254.0.0/16'] });
  assert.equal(rules.verdict('127.0.0.1', 6443), 'Allowed');
  assert.equal(rules.verdict('::ffff:127.0.0.1', 6443), 'Allowed');
  assert.equal(rules.verdict('127.0.0.1', 5432), 'Local');
  assert.equal(rules.verdict('169.254.169.254', 80), 'Never');
});
