import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptLog } from '../../test/support/log.ts';
import { makeMetrics } from './telemetry.ts';

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

test('a log line has its level, its time, its fields and its message, and nothing of the process or the machine', () => {
  const { log, text } = keptLog();
  log.warn({ clusterId: 'c' }, 'a line');
  const { time, ...line } = JSON.parse(text());
  assert.equal(time, new Date(time).toISOString());
  assert.deepEqual(line, { level: 40, clusterId: 'c', msg: 'a line' });
});

test('the longest time for which the event loop was held since the last reading is a metric', async () => {
  const metrics = makeMetrics();
  const read = async () =>
    Number(/^backups_event_loop_lag_seconds (\S+)$/m.exec((await metrics.text()).text)?.[1] ?? Number.NaN);
  const turn = () => new Promise((resolve) => setTimeout(resolve, 30));
  await turn();
  const held = performance.now();
  while (performance.now() - held < 200);
  await turn();
  assert.ok((await read()) >= 0.15);
});
