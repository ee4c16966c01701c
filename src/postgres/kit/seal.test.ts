import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sealer } from './seal.ts';

const { seal, open } = sealer(Buffer.alloc(32, 1));

test('what is sealed opens at its own place only, under its own key, and unaltered', () => {
  const sealed = seal('token', 'organization|cluster');
  assert.equal(open(sealed, 'organization|cluster'), 'token');
  assert.ok(!Buffer.from(sealed).includes('token'));
  assert.throws(() => open(sealed, 'organization|another'));
  assert.throws(() => sealer(Buffer.alloc(32, 2)).open(sealed, 'organization|cluster'));
  for (let i = 0; i < sealed.length; i += 1) {
    const altered = Uint8Array.from(sealed);
    altered[i] = (altered[i] ?? 0) ^ 1;
    assert.throws(() => open(altered, 'organization|cluster'), `byte ${i}`);
  }
});

test('the same secret is never sealed the same way twice', () => {
  assert.notDeepEqual(seal('token', 'place'), seal('token', 'place'));
});
