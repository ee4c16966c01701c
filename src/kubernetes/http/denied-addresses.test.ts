import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deniedAddresses } from './denied-addresses.ts';

const denied = deniedAddresses();

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
  test(`${address || 'nothing'} is never connected to`, () => assert.equal(denied(address), true));
}

for (const address of [
  '127.0.0.1',
  '10.0.0.1',
  '192.168.1.1',
  '172.16.0.9',
  '100.64.0.1',
  '203.0.113.7',
  '::1',
  'fd12::1',
  '2001:db8::1',
  '::ffff:10.0.0.1',
]) {
  test(`${address} may be a cluster's`, () => assert.equal(denied(address), false));
}

test('an installation denies its own networks too, in every form of the address', () => {
  const own = deniedAddresses(['10.1.0.0/16', '192.0.2.4', 'fd99::/16']);
  for (const address of ['10.1.255.1', '192.0.2.4', 'fd99::1', '::ffff:10.1.0.1', '64:ff9b::10.1.0.1'])
    assert.equal(own(address), true, address);
  for (const address of ['10.2.0.1', '192.0.2.5', 'fd98::1']) assert.equal(own(address), false, address);
});
