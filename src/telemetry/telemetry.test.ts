import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptLog } from '../../test/support/log.ts';

test('what is called like a secret is struck out of a log line, at any depth that is used', () => {
  const { log, text } = keptLog();
  const secret = 'hunter2';
  log.info(
    {
      token: secret,
      access: { token: secret },
      body: { kubeconfig: secret, ca: secret },
      headers: { authorization: secret },
    },
    'a line',
  );
  assert.match(text(), /a line/);
  assert.match(text(), /\[redacted\]/);
  assert.ok(!text().includes(secret), text());
});
