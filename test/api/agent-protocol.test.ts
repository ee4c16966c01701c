/** How a cluster's agent is spoken to: what is taken, what is refused and in which shape, how often, and what is never kept. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { tokenBuckets } from '../../src/http/budgets/token-buckets.ts';
import { type AgentApi, address, assertRefused, mediaType, startAgentApi } from './agent-scene.ts';
import { assertProblem, startApi } from './harness.ts';
import { setScene } from './scene.ts';

describe("the protocol of a cluster's agent", () => {
  let agent: AgentApi;
  before(async () => {
    agent = await startAgentApi();
  });
  after(() => agent.close());

  test('may be of any media type, of none, and of one that is none', async () => {
    for (const type of [
      mediaType,
      'application/json',
      'Application/VND.vWorkspace.Agent.V1+JSON; charset=utf-8',
      'text/plain',
      'no media type; at all',
      '',
    ])
      await taken({ events: [agent.heartbeat(0)] }, 0, { 'content-type': type });
  });

  /** Takes it with 204, and counts so much that could not be read. */
  const taken = async (body: unknown, unreadable: number, headers: Record<string, string> = {}) => {
    const before = await agent.unreadable();
    const answer = await agent.post(body, headers);
    assert.equal(answer.status, 204, answer.text);
    assert.equal((await agent.unreadable()).count - before.count, unreadable, String(body).slice(0, 100));
  };

  test('is never refused for its content: what cannot be read is counted, and the rest is taken', async () => {
    const running = async (body: (event: object) => unknown, unreadable: number) => {
      const subject = await agent.delivered();
      await taken(body(agent.told(subject, 'Running', 1)), unreadable);
      assert.equal((await agent.operation(subject)).phase, 'Running');
    };
    for (const nothing of [
      '',
      '{"events": [',
      '[]',
      {},
      { events: 5 },
      Buffer.from([0x22, 0xff, 0x22]),
      'x'.repeat(99),
    ])
      await taken(nothing, 1);
    await running((fine) => ({ events: [{ ...fine, kind: undefined }, fine] }), 1);
    await running((fine) => ({ events: [fine, { ...fine, timestamp: 'yesterday' }, null, 5] }), 3);
    await running((fine) => ({ events: Array(101).fill(fine) }), 0);
    await running((fine) => ({ events: [...Array(950).fill(agent.heartbeat(0)), fine, ...Array(100).fill(fine)] }), 51);
    await running((fine) => `{"events": [${JSON.stringify(fine)}, {"kind": "Con`, 1);
    await running((fine) => Buffer.concat([Buffer.from(JSON.stringify({ events: [fine] })), Buffer.from([0xff])]), 1);
    await running((fine) => JSON.stringify({ events: [fine], more: ' '.repeat(3 * 1024 * 1024) }), 0);
    await running((fine) => JSON.stringify({ events: [fine], more: ' '.repeat(5 * 1024 * 1024) }), 1);
    await taken({ events: [agent.heartbeat(0)] }, 1, { 'content-encoding': 'gzip' });
    assert.equal((await agent.unreadable()).condition.status, 'False');
  });

  test('is refused for its token, its method and its address, in its own protocol', async () => {
    assertRefused(await agent.post({ events: [] }, {}, 'nobody'), 401, 'unauthenticated');
    assertRefused(await agent.api.call('GET', address, { key: agent.token }), 405, 'method-not-allowed');
    assertRefused(await agent.api.call('POST', '/api/agent/jobs', { key: agent.token }), 404, 'not-found');
  });

  test('elsewhere stays at 256 KiB, in problem documents', async () => {
    const answer = await agent.api.call('POST', '/v1/organizations', { body: ' '.repeat(256 * 1024 + 1) });
    assertProblem(answer, 413, 'body-too-large');
    assert.match(answer.body.detail, /256 KiB/);
  });

  test('may be a hundred events with long messages, and unknown kinds and fields', async () => {
    const subject = await agent.delivered();
    const events = Array.from({ length: 99 }, (_, n) =>
      agent.told(subject, 'Running', n, { message: 'x'.repeat(1024), unheardOf: { a: [1] } }, { unheardOf: true }),
    );
    await agent.postEvents(...events, {
      kind: 'SomethingNew',
      resourceRef: agent.refOf(subject),
      timestamp: agent.at(0),
      more: {},
    });
    assert.equal((await agent.operation(subject)).phase, 'Running');
  });

  test('may hold text that no database takes', async () => {
    const subject = await agent.delivered();
    const odd = { reason: 'a\u0000b', message: `\ud800 ${'💥'.repeat(2000)}` };
    await agent.postEvents(agent.told(subject, 'Running', 1, odd), agent.told(subject, '\u0000', 1, odd));
    const { conditions, phase } = await agent.operation(subject);
    assert.equal(phase, 'Running');
    assert.ok(conditions.every(({ message }: { message: string }) => Buffer.byteLength(message) <= 1024));
  });

  test('is answered in its own protocol also when the database is away or the service fails', async () => {
    const failing = async (error: Error, status: number, code: string) => {
      const broken = await startApi({
        agents: { ...agent.api.opened.agents, take: () => Promise.reject(error) },
        clock: agent.api.ports.clock,
      });
      const answer = await broken.call('POST', address, { body: { events: [agent.heartbeat(0)] }, key: agent.token });
      await broken.close();
      assertRefused(answer, status, code);
      return answer;
    };
    const away = await failing(
      Object.assign(new Error('gone'), { code: 'ECONNREFUSED' }),
      503,
      'temporarily-unavailable',
    );
    assert.equal(away.headers['retry-after'], '2');
    await failing(new Error('a defect'), 500, 'internal-error');
  });

  test('is held to its rate, with Retry-After, and no other cluster with it', async (t) => {
    const usual = await startApi();
    t.after(() => usual.close());
    const tokens: string[] = [];
    for (const suffix of ['-a', '-b']) {
      const { clusterId } = await setScene(usual, 'org-myteam', usual.adminKey, suffix);
      tokens.push((await usual.make(`/v1/clusters/${clusterId}/agent-token`, undefined)).token);
    }
    const send = (key: string | undefined) => usual.call('POST', address, { body: { events: [] }, key: key ?? null });
    const answers = await Promise.all(Array.from({ length: 400 }, () => send(tokens[0])));
    const refused = answers.filter(({ status }) => status === 429);
    assert.ok(refused.length > 0 && refused.length <= 350, String(refused.length));
    for (const answer of refused) {
      assertRefused(answer, 429, 'too-many-requests');
      assert.match(String(answer.headers['retry-after']), /^[1-9]\d*$/);
    }
    assert.equal((await send(tokens[1])).status, 204);
  });

  test('at ten times its rate, for ten seconds, is refused; at its rate it never is', () => {
    const buckets = tokenBuckets({ perSecond: 5, burst: 50 });
    const take = (key: string, at: number) => buckets.take(key, at).waitSeconds;
    const refusedOf = (key: string, perSecond: number, seconds: number) =>
      Array.from({ length: perSecond * seconds }, (_, n) => take(key, (n * 1000) / perSecond)).filter(
        (wait) => wait > 0,
      );
    assert.equal(refusedOf('usual', 1, 3_600).length, 0);
    assert.ok(refusedOf('tenfold', 10, 20).length > 40);
    assert.deepEqual([...new Set(refusedOf('tenfold again', 10, 20))], [1]);
    assert.equal(take('tenfold', 3_600_000), 0);
  });

  test('leaves no secret behind: in no table, log, answer or metric', async () => {
    const canary = 'CANARY-1f6d0c';
    const subject = await agent.delivered();
    const secret = {
      managedStorage: { accessKey: canary, nested: [{ secretKey: canary }], [canary]: 1 },
      endpoints: [{ url: `https://${canary}@x` }],
    };
    const good = { ...agent.told(subject, 'Running', 1), ...secret };
    const answers = [
      await agent.post({ events: [good, { ...agent.heartbeat(300), ...secret }], ...secret }),
      await agent.post({ events: [{ ...good, kind: 5 }] }),
      await agent.post({ events: [{ ...good, timestamp: canary }] }),
      await agent.post({ events: Array(101).fill(good) }),
      await agent.post(`{"events": [{"managedStorage": {"secretKey": "${canary}" oops`),
      await agent.post(`{"managedStorage": "${canary}\\u0000", "__proto__": {"a": "${canary}"}, "events": []}`),
      await agent.post({ events: [good] }, { 'content-type': 'text/plain' }),
      await agent.post({ events: [good] }, {}, 'nobody'),
      await agent.post({ events: [{ ...good, resourceRef: agent.refOf({ ...subject, uid: 'unknown' }) }] }),
      await agent.api.call('GET', `/v1/operations/${subject.id}`),
      await agent.api.call('GET', `/v1/operations/${subject.id}/events`),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [204, 204, 204, 204, 204, 204, 204, 401, 204, 200, 200],
    );
    for (const { text } of answers) assert.ok(!text.includes(canary), text);
    assert.ok(!agent.api.logged().includes(canary), 'in the log');
    assert.ok(agent.api.logged().includes(address), 'the log was kept');
    const { rows: tables } = await agent.api.opened.pool.query(
      `select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    assert.ok(tables.length > 10);
    let length = 0;
    for (const { table_name: table } of tables) {
      const { rows } = await agent.api.opened.pool.query(`select string_agg(t::text, ' ') as text from "${table}" t`);
      length += (rows[0].text ?? '').length;
      assert.ok(!(rows[0].text ?? '').includes(canary), table);
    }
    assert.ok(length > 10_000);
  });

  test('is answered in its own protocol even by what Node refuses on the wire', async () => {
    const port = Number(new URL(await agent.api.app.listen({ host: '127.0.0.1', port: 0 })).port);
    const raw = async (text: string) => {
      const socket = connect(port, '127.0.0.1');
      socket.write(text);
      const chunks: Buffer[] = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      await once(socket, 'close');
      return Buffer.concat(chunks).toString();
    };
    const head = `POST ${address} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${agent.token}\r\nContent-Type: application/json\r\n`;
    for (const [request, status] of [
      [`${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
      [`POST ${address} HTTP/1.1\r\nHost: x\r\nBad Header: x\r\n\r\n`, 400],
      [`${head}X: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
      [`POST ${address}/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, 400],
      [`${head}Content-Length: 99999999\r\nConnection: close\r\n\r\n{`, 413],
    ] as const) {
      const answer = await raw(request);
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), request.slice(0, 200));
      assert.match(answer, /"error":/, answer);
      assert.doesNotMatch(answer, /problem/);
    }
  });
});
