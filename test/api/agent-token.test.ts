/** The token that a cluster's agent posts with: who makes it, how long it is good, and where it is never seen. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type AgentApi, assertRefused, startAgentApi } from './agent-scene.ts';
import { assertProblem } from './harness.ts';
import { setScene } from './scene.ts';

describe("the token of a cluster's agent", () => {
  let agent: AgentApi;
  before(async () => {
    agent = await startAgentApi();
  });
  after(() => agent.close());

  test('is shown once and kept as a hash; later answers have only its date', async () => {
    assert.match(agent.token, /^vwksp-agt-[A-Za-z0-9_-]{43}$/);
    const { rows } = await agent.api.opened.pool.query('select agent_token_hash from cluster where id = $1', [
      agent.scene.clusterId,
    ]);
    assert.match(rows[0].agent_token_hash, /^[0-9a-f]{64}$/);
    const seen = await agent.cluster();
    assert.ok(seen.agentTokenCreatedAt);
    assert.ok(!JSON.stringify(seen).includes(agent.token.slice(10)) && !JSON.stringify(seen).includes('Hash'));
  });

  test('is made once by one Idempotency-Key, and its replay is the same', async () => {
    const other = await setScene(agent.api, 'org-other', agent.api.adminKey, '-key');
    const path = `/v1/clusters/${other.clusterId}/agent-token`;
    const [first, second] = [
      await agent.api.call('POST', path, { headers: { 'idempotency-key': 'make-1' } }),
      await agent.api.call('POST', path, { headers: { 'idempotency-key': 'make-1' } }),
    ];
    assert.equal(first.status, 201);
    assert.deepEqual(second.body, first.body);
    assert.equal(second.headers['idempotency-replayed'], 'true');
    assert.equal(first.body.previousTokenGoodUntil, undefined);
  });

  test('that was replaced is valid for 24 hours, the one before that no more at all; revoking ends both', async () => {
    const other = await setScene(agent.api, 'org-third', agent.api.adminKey, '-rotated');
    const path = `/v1/clusters/${other.clusterId}/agent-token`;
    const tokens: string[] = [];
    for (const _ of [1, 2, 3]) tokens.push((await agent.api.make(path, undefined)).token);
    const statuses = async () => {
      const answers = [];
      for (const each of tokens) answers.push((await agent.post({ events: [] }, {}, each)).status);
      return answers;
    };
    assert.deepEqual(await statuses(), [401, 204, 204]);
    agent.pass(24 * 3_600_000 - 1);
    assert.deepEqual(await statuses(), [401, 204, 204]);
    agent.pass(1);
    assert.deepEqual(await statuses(), [401, 401, 204]);
    await agent.api.make(path, undefined);
    assert.equal((await agent.api.call('DELETE', path)).status, 204);
    assert.deepEqual(await statuses(), [401, 401, 401]);
    const view = (await agent.api.call('GET', `/v1/clusters/${other.clusterId}`)).body;
    assert.equal(view.agentTokenCreatedAt, undefined);
    assert.equal((await agent.api.call('DELETE', path)).status, 204);
    const { rows } = await agent.api.opened.pool.query(
      `select reason, count(*)::int from event where cluster_id = $1 and reason like 'AgentToken%' group by 1 order by 1`,
      [other.clusterId],
    );
    assert.deepEqual(rows, [
      { reason: 'AgentTokenCreated', count: 4 },
      { reason: 'AgentTokenRevoked', count: 1 },
    ]);
  });

  test('of one kind is not taken for the other', async () => {
    assertProblem(await agent.api.call('GET', '/v1/clusters', { key: agent.token }), 401);
    for (const key of [agent.api.adminKey, null, 'vwksp-agt-x', `${agent.token}x`]) {
      const answer = await agent.post('{broken', { 'content-type': 'application/json' }, key);
      assertRefused(answer, 401, 'unauthenticated');
      assert.equal(answer.headers['www-authenticate'], 'Bearer');
    }
  });

  test('cannot be made or revoked by another organization', async () => {
    const path = `/v1/clusters/${agent.scene.clusterId}/agent-token`;
    assertProblem(await agent.api.call('POST', path, { key: agent.api.otherKey }), 404);
    assertProblem(await agent.api.call('DELETE', path, { key: agent.api.otherKey }), 404);
    assert.equal((await agent.post({ events: [] })).status, 204);
  });
});
