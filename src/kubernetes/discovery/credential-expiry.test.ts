import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newAuthority, newCertificate } from '../../../test/support/kubernetes/certificates.ts';
import { credentialExpiry } from './credential-expiry.ts';

const { certificate } = await newCertificate(await newAuthority(), -1, 2);
const jwt = (claims: unknown) =>
  ['{"alg":"RS256"}', typeof claims === 'string' ? claims : JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

test('a token says when it expires', () => {
  assert.deepEqual(credentialExpiry({ token: jwt({ exp: 1_800_000_000, sub: 'x' }) }), {
    at: '2027-01-15T08:00:00.000Z',
    of: 'token',
  });
});

test('a credential that does not say when it expires has no expiry', () => {
  const tokens = [
    'opaque',
    'a.b',
    'a.b.c',
    'a.b.c.d',
    jwt({}),
    jwt('nonsense'),
    jwt({ exp: 'soon' }),
    jwt({ exp: 1e300 }),
    jwt({ exp: 8.64e12 }),
    jwt({ exp: 253_402_300_799 }),
    jwt({ exp: -5 }),
    jwt([]),
  ];
  for (const token of tokens) assert.equal(credentialExpiry({ token }), undefined, token);
  assert.equal(credentialExpiry({}), undefined);
  assert.equal(credentialExpiry({ clientCertificate: 'nonsense' }), undefined);
});

test('of a token and a client certificate the one that expires first counts', () => {
  const ended = credentialExpiry({ clientCertificate: certificate });
  assert.equal(ended?.of, 'clientCertificate');
  assert.ok(Math.abs(Date.parse(ended?.at ?? '') - Date.now() - 2 * 86_400_000) < 60_000);
  const soon = Math.floor(Date.now() / 1000) + 60;
  assert.equal(credentialExpiry({ clientCertificate: certificate, token: jwt({ exp: soon }) })?.of, 'token');
  assert.equal(
    credentialExpiry({ clientCertificate: certificate, token: jwt({ exp: soon + 10 * 86_400 }) })?.of,
    'clientCertificate',
  );
});
