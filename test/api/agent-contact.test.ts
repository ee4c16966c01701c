/** What an agent tells of itself by posting and by not posting: that it lives, and that some of its stream was lost. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { lookAfterAgents } from '../../src/core/agents/agent-events.ts';
import { type AgentApi, startAgentApi } from './agent-scene.ts';
import { setScene } from './scene.ts';

const quiet = { info() {}, warn() {}, error() {}, debug() {} };

describe("the contact to a cluster's agent", () => {
  let agent: AgentApi;
  before(async () => {
    agent = await startAgentApi();
  });
  after(() => agent.close());

  describe('a list of everything is requested', () => {
    test('when an Operation is not known here, a buffer has overflowed, or heartbeats have failed to come', async () => {
      const unknown = { id: '', name: 'never-heard-of', uid: 'u' };
      const overflow = {
        ...agent.heartbeat(1),
        kind: 'ConditionTransition',
        conditions: [{ type: 'BufferOverflow', status: 'True', lastTransitionTime: agent.at(1) }],
      };
      const raised = async (act: () => Promise<void>) => {
        agent.minuteLater();
        const before = await agent.relistRevision();
        await act();
        return (await agent.relistRevision()) - before;
      };
      for (const _ of ['what was asked for before', 'nothing']) {
        agent.minuteLater();
        await agent.postEvents(agent.heartbeat(0));
      }
      assert.equal(await raised(() => agent.postEvents(agent.heartbeat(1))), 0);
      assert.equal(await raised(() => agent.postEvents(agent.told(unknown, 'Running', 1))), 1);
      await agent.postEvents(agent.heartbeat(2));
      assert.equal(await raised(() => agent.postEvents(overflow)), 1);
      assert.equal(await raised(() => agent.postEvents(overflow)), 0);
      await agent.postEvents(agent.heartbeat(3));
      assert.equal(await raised(() => agent.postEvents({ ...agent.heartbeat(4), kind: 'BufferOverflow' })), 1);
      await agent.postEvents(agent.heartbeat(5));
      agent.pass(151_000 - 61_000);
      assert.equal(await raised(() => agent.postEvents(agent.heartbeat(6))), 1);
    });

    test('at most once a minute, and one that was wanted meanwhile when the minute has passed', async () => {
      agent.minuteLater();
      await agent.postEvents(agent.heartbeat(100));
      const before = await agent.relistRevision();
      for (const n of [1, 2, 3, 4]) {
        agent.pass(5_000);
        await agent.postEvents(agent.told({ id: '', name: `unknown-${n}`, uid: 'u' }, 'Running', n));
      }
      assert.equal(await agent.relistRevision(), before + 1);
      const look = () => lookAfterAgents({ agents: agent.api.opened.agents, clock: agent.api.ports.clock, log: quiet });
      await look();
      assert.equal(await agent.relistRevision(), before + 1);
      agent.minuteLater();
      await look();
      await look();
      assert.equal(await agent.relistRevision(), before + 2);
    });
  });

  test('is reported as connected while its heartbeats come, and as silent after three minutes', async () => {
    const look = () => lookAfterAgents({ agents: agent.api.opened.agents, clock: agent.api.ports.clock, log: quiet });
    await agent.postEvents(agent.heartbeat(200));
    const since = agent.now();
    assert.equal((await agent.connected()).status, 'True');
    assert.ok((await agent.connected()).message.includes(since));
    assert.equal((await agent.cluster()).lastContactAt, since);
    agent.pass(180_000);
    await look();
    assert.equal((await agent.connected()).status, 'True');
    agent.pass(1);
    await look();
    assert.equal((await agent.connected()).status, 'False');
    assert.ok((await agent.connected()).message.includes(since));
    await agent.postEvents(agent.heartbeat(201));
    assert.equal((await agent.connected()).status, 'True');
    const silent = await setScene(agent.api, 'org-silent', agent.api.adminKey, '-silent');
    const view = async () => (await agent.api.call('GET', `/v1/clusters/${silent.clusterId}`)).body.conditions;
    await look();
    assert.deepEqual(await view(), []);
    await agent.api.make(`/v1/clusters/${silent.clusterId}/agent-token`, undefined);
    agent.pass(181_000);
    await look();
    assert.deepEqual(
      (await view()).map(({ type, status }: { type: string; status: string }) => [type, status]),
      [['AgentConnected', 'False']],
    );
    await agent.api.call('DELETE', `/v1/clusters/${silent.clusterId}/agent-token`);
    assert.deepEqual(await view(), []);
  });
});
