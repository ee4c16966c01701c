import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../support/until.ts';
import { type Answer, assertProblem, startApi, type TestApi } from './harness.ts';

const unlimited = { keyPerSecond: 0, organizationPerSecond: 0, organizationAtOnce: 0, addressPerSecond: 0 };

async function withApi(budgets: Partial<typeof unlimited>, run: (api: TestApi) => Promise<void>): Promise<void> {
  // Time stands still, so that a busy machine gives nothing back meanwhile.
  const api = await startApi({}, { budgets: { ...unlimited, ...budgets }, budgetTime: () => 0 });
  try {
    await run(api);
  } finally {
    await api.close();
  }
}

const times = (count: number, send: () => Promise<Answer>) => Promise.all(Array.from({ length: count }, send));
const countOf = (answers: readonly Answer[], status: number) =>
  answers.filter((answer) => answer.status === status).length;

describe('budgets of requests', () => {
  test('a key over its budget is refused with 429, told what it has left, and nobody else is', async () => {
    await withApi({ keyPerSecond: 11 }, async (api) => {
      const { secret: spare } = await api.make('/v1/api-keys', { name: 'spare', scopes: ['clusters:read'] });
      const [first] = await times(1, () => api.call('GET', '/v1/clusters?limit=100', { key: spare }));
      assert.equal(first?.status, 200);
      assert.equal(first?.headers['ratelimit-policy'], '"key";q=55;w=5');
      assert.equal(first?.headers.ratelimit, '"key";r=44;t=1');
      const refusedAt: number[] = [];
      const answers = await times(12, async () => {
        const answer = await api.call('GET', '/v1/clusters?limit=100', { key: spare });
        if (answer.status === 429) refusedAt.push(performance.now());
        return answer;
      });
      assert.equal(countOf(answers, 200), 4);
      // Clients that were answered in one moment would come back in one moment.
      assert.ok(Math.max(...refusedAt) - Math.min(...refusedAt) > 100, 'refusals are spread');
      const refused = answers.filter(({ status }) => status !== 200);
      for (const answer of refused) {
        assertProblem(answer, 429, 'too-many-requests');
        assert.match(String(answer.headers['retry-after']), /^[1-9]\d*$/);
        assert.match(answer.body.detail, /11 units a second/);
      }
      assert.equal((await api.call('GET', '/v1/clusters?limit=100', { key: api.otherKey })).status, 200);
    });
  });

  test('a body costs by its size, and a page by the size that the list would have', async () => {
    await withApi({ keyPerSecond: 11 }, async (api) => {
      const { secret } = await api.make('/v1/api-keys', { name: 'spare', scopes: ['clusters:read', 'clusters:write'] });
      const left = async (method: string, path: string, body?: object) => {
        const answer = await api.call(method, path, { key: secret, ...(body !== undefined && { body }) });
        return Number(/r=(\d+)/.exec(String(answer.headers.ratelimit))?.[1]);
      };
      assert.equal(await left('GET', '/v1/clusters?limit=10'), 53);
      assert.equal(await left('GET', '/v1/clusters?limit=100000'), 47, 'it is refused, at the price of a usual page');
      assert.equal(await left('POST', '/v1/clusters', { name: 'x'.repeat(40_000) }), 44);
    });
  });

  test('of an organization so many requests run at once, some wait, the rest is refused, and others go on', async () => {
    await withApi({ organizationAtOnce: 1 }, async (api) => {
      const holder = await api.opened.pool.connect();
      try {
        await holder.query('begin; lock table protection_plan in access exclusive mode');
        const answers: Answer[] = [];
        const all = times(20, async () => {
          const answer = await api.call('GET', '/v1/protection-plans');
          answers.push(answer);
          return answer;
        });
        await until('the refusals', 10, () => answers.length === 11);
        assert.equal(countOf(answers, 429), 11);
        assert.equal((await api.call('GET', '/v1/clusters', { key: api.otherKey })).status, 200);
        await holder.query('rollback');
        assert.equal(countOf(await all, 200), 9);
      } finally {
        holder.release();
      }
    });
  });

  test('the keys of an organization share a budget, and another organization has its own', async () => {
    await withApi({ organizationPerSecond: 20 }, async (api) => {
      const { secret: spare } = await api.make('/v1/api-keys', { name: 'spare', scopes: ['clusters:read'] });
      const one = await times(110, () => api.call('GET', '/v1/clusters/00000000-0000-7000-8000-000000000000'));
      assert.ok(countOf(one, 429) > 0, 'the budget is used up');
      assert.equal((await api.call('GET', '/v1/clusters?limit=200', { key: spare })).status, 429);
      assert.equal((await api.call('GET', '/v1/clusters?limit=200', { key: api.otherKey })).status, 200);
    });
  });

  test('without a valid key an address is refused; valid keys and health checks are not', async () => {
    await withApi({ addressPerSecond: 2 }, async (api) => {
      const documents = await times(30, () => api.call('GET', '/docs/json', { key: null }));
      assert.deepEqual([countOf(documents, 200), countOf(documents, 429)], [20, 10]);
      for (const path of ['/openapi.json', '/docs/', '/nowhere'])
        assertProblem(await api.call('GET', path, { key: null }), 429, 'too-many-requests');
      const strangers = await times(5, () => api.call('GET', '/v1/clusters', { key: 'vwb_unknown' }));
      assert.equal(countOf(strangers, 429) + countOf(strangers, 401), 5);
      assert.ok(countOf(strangers, 429) >= 1);
      const agents = await times(3, () =>
        api.call('POST', '/api/agent/events', { key: 'nobody', body: { events: [] } }),
      );
      assert.ok(agents.some(({ status, body }) => status === 429 && body.error === 'too-many-requests'));
      for (let n = 0; n < 30; n += 1) {
        assert.equal((await api.call('GET', '/livez', { key: null })).status, 200);
        assert.equal((await api.call('GET', '/readyz', { key: null })).status, 200);
        assert.equal((await api.call('GET', '/v1/clusters')).status, 200);
      }
    });
  });

  test('the line in the log for a refused key has the address of the client, and a flood does not fill the log', async () => {
    await withApi({}, async (api) => {
      await times(300, () => api.call('GET', '/v1/clusters', { key: 'vwb_unknown' }));
      const lines = api
        .logged()
        .split('\n')
        .filter((line) => line.includes('"status":401'));
      assert.ok(lines.length >= 50 && lines.length < 100, String(lines.length));
      for (const line of lines) assert.equal(JSON.parse(line).address, '127.0.0.1');
    });
  });

  test('the document is the same at all of its addresses', async () => {
    await withApi({}, async (api) => {
      const [json, yaml, document] = await Promise.all(
        ['/docs/json', '/docs/yaml', '/openapi.json'].map((path) => api.call('GET', path, { key: null })),
      );
      assert.equal(json?.text, document?.text);
      assert.equal(yaml?.text, document?.text);
      assert.match(String(yaml?.headers['content-type']), /yaml/);
    });
  });
});
