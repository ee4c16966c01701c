/** What a cluster's agent tells, and what becomes of it: in any order, repeated, and never of another cluster. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type AgentApi, type Subject, startAgentApi } from './agent-scene.ts';
import { setScene } from './scene.ts';

describe("an event of a cluster's agent", () => {
  let agent: AgentApi;
  before(async () => {
    agent = await startAgentApi();
  });
  after(() => agent.close());

  test('brings one to its end, by conditions or by the kind of the event alone', async () => {
    const [byConditions, byKind] = [await agent.delivered(), await agent.delivered()];
    await agent.postEvents(
      agent.told(byConditions, 'Accepted', 10),
      agent.told(byConditions, 'Running', 20),
      { kind: 'OperationAccepted', resourceRef: agent.refOf(byKind), timestamp: agent.at(10) },
      { kind: 'OperationRunning', resourceRef: agent.refOf(byKind), timestamp: agent.at(20), conditions: null },
    );
    for (const each of [byConditions, byKind]) assert.equal((await agent.operation(each)).phase, 'Running');
    await agent.postEvents(
      agent.told(byConditions, 'Running', 30, { status: 'False' }),
      agent.told(byConditions, 'Succeeded', 30),
      {
        kind: 'OperationFailed',
        resourceRef: agent.refOf(byKind),
        timestamp: agent.at(30),
        conditions: [],
      },
    );
    const ended = await agent.operation(byConditions);
    assert.deepEqual(
      [ended.phase, ended.startedAt, ended.finishedAt].map((each) => String(each)),
      ['Succeeded', agent.at(20), agent.at(30)],
    );
    assert.equal((await agent.operation(byKind)).phase, 'Failed');
  });

  test('counts as of now when its instants are out of bounds, and is remembered once', async () => {
    for (const far of ['0000-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z']) {
      const subject = await agent.delivered();
      const event = agent.told(subject, 'Succeeded', 30, { lastTransitionTime: far });
      const remembered = await agent.rememberedCount();
      await agent.postEvents({ ...event, timestamp: far });
      const ended = await agent.operation(subject);
      assert.deepEqual([ended.phase, ended.finishedAt], ['Succeeded', agent.now()]);
      await agent.postEvents({ ...event, timestamp: far });
      assert.deepEqual(await agent.operation(subject), ended);
      assert.equal(await agent.rememberedCount(), remembered + 1);
    }
  });

  test('comes to the same in any order, repeated, in any batches', async () => {
    const steps = (subject: Subject) => [
      agent.told(subject, 'Accepted', 10),
      agent.told(subject, 'Blocked', 11),
      agent.told(subject, 'Blocked', 15, { status: 'False', reason: 'Unblocked' }),
      agent.told(subject, 'Running', 20),
      agent.told(subject, 'Running', 30, { status: 'False', reason: 'VeleroBackupSucceeded' }),
      agent.told(subject, 'Succeeded', 30),
    ];
    const view = async (subject: Subject) => {
      const { phase, startedAt, finishedAt, conditions } = await agent.operation(subject);
      const stated = conditions.filter(({ type }: { type: string }) => type !== 'Delivered');
      const byType = stated.sort((a: { type: string }, b: { type: string }) => a.type.localeCompare(b.type));
      return { phase, startedAt, finishedAt, conditions: byType };
    };
    const straight = await agent.delivered();
    await agent.postEvents(...steps(straight));
    const expected = await view(straight);
    assert.equal(expected.phase, 'Succeeded');

    const reversed = await agent.delivered();
    for (const event of [...steps(reversed).toReversed(), ...steps(reversed)]) {
      await agent.postEvents(event, event);
      agent.pass(200);
    }
    assert.deepEqual(await view(reversed), expected);
    const shuffled = await agent.delivered();
    const some = steps(shuffled);
    await agent.postEvents(...[4, 1, 5, 3, 0, 2, 1, 4].flatMap((n) => some[n] ?? []));
    assert.deepEqual(await view(shuffled), expected);
  });

  test('is about the Operation of this namespace, name and uid in this cluster, and about no other', async () => {
    const elsewhere = await setScene(agent.api, 'org-myteam', agent.api.adminKey, '-elsewhere');
    const mine = await agent.delivered();
    agent.minuteLater();
    await agent.postEvents(
      agent.told(mine, 'Running', 1, {}, { uid: 'another' }),
      agent.told(mine, 'Running', 2, {}, { namespace: 'org-elsewhere' }),
      agent.told(mine, 'Running', 3, {}, { kind: 'Job' }),
      agent.told(mine, 'Running', 4, {}, { apiVersion: 'batch/v1' }),
    );
    assert.equal((await agent.operation(mine)).phase, 'Pending');
    const theirs = await agent.delivered(elsewhere);
    await agent.postEvents(agent.told(theirs, 'Running', 5));
    assert.equal((await agent.operation(theirs)).phase, 'Pending');
    await agent.postEvents(agent.told(mine, 'Running', 6, {}, { uid: '' }));
    assert.equal((await agent.operation(mine)).phase, 'Running');
  });

  test('counts once by key, reason and transition time, each condition by itself', async () => {
    const subject = await agent.delivered();
    const key = { eventKey: `condition/a/b/c/${subject.name}` };
    const event = { ...agent.told(subject, 'Running', 1), ...key };
    const before = await agent.rememberedCount();
    await agent.postEvents(event, event);
    await agent.postEvents({ ...event, timestamp: agent.at(9) });
    assert.equal((await agent.rememberedCount()) - before, 1);
    const [condition] = event.conditions;
    await agent.postEvents(
      { ...event, conditions: [{ ...condition, reason: 'Other' }] },
      { ...event, conditions: [{ ...condition, lastTransitionTime: agent.at(2) }] },
      { ...event, conditions: [condition, { ...condition, type: 'Accepted' }] },
    );
    assert.equal((await agent.rememberedCount()) - before, 4);
  });

  test('is remembered for a day', async () => {
    assert.ok((await agent.rememberedCount()) > 0);
    const { pool } = agent.api.opened;
    await pool.query(`update agent_event set seen_at = now() - interval '24 hours 1 minute'`);
    const subject = await agent.delivered();
    await agent.postEvents(agent.told(subject, 'Accepted', 1), agent.told(subject, 'Running', 2));
    const nearly = `update agent_event set seen_at = now() - interval '23 hours 59 minutes' where digest =
      (select min(digest) from agent_event where seen_at > now() - interval '24 hours')`;
    assert.equal((await pool.query(nearly)).rowCount, 1);
    await agent.api.opened.agents.forget();
    assert.equal(await agent.rememberedCount(), 2);
  });

  test('updates the mirrored conditions of an application that is known, newest last', async () => {
    await agent.api.opened.pool.query(
      `insert into cluster_application (id, organization_id, cluster_id, namespace, name, uid, capabilities, conditions, seen_at)
       select gen_random_uuid(), organization_id, id, 'org-myteam', 'nextcloud-myteam', 'app-1', '{}', '[]', now() from cluster where id = $1`,
      [agent.scene.clusterId],
    );
    const ready = (status: string, seconds: number, uid = 'app-1') => ({
      kind: 'ConditionTransition',
      resourceRef: {
        ...{ apiVersion: 'apps.vworkspace.io/v1alpha1', kind: 'ApplicationInstance', namespace: 'org-myteam' },
        ...{ name: 'nextcloud-myteam', uid },
      },
      conditions: [{ type: 'Ready', status, reason: 'Said', lastTransitionTime: agent.at(seconds) }],
      timestamp: agent.at(seconds),
    });
    await agent.postEvents(ready('False', 20), ready('True', 10));
    await agent.postEvents(ready('True', 15), ready('True', 30, 'another'));
    const { rows } = await agent.api.opened.pool.query('select conditions from cluster_application');
    assert.deepEqual(
      rows[0].conditions.map(({ type, status }: { type: string; status: string }) => [type, status]),
      [['Ready', 'False']],
    );
  });

  test('that the cluster replaced its credential is an event, once', async () => {
    const event = { ...agent.heartbeat(5), kind: 'CredentialRotated', eventKey: 'rotated-1' };
    await agent.postEvents(event, event);
    await agent.postEvents(event);
    const { rowCount } = await agent.api.opened.pool.query(
      `select 1 from event where reason = 'CredentialRotated' and cluster_id = $1`,
      [agent.scene.clusterId],
    );
    assert.equal(rowCount, 1);
  });

  test('cannot fill the table that remembers', async () => {
    const other = await setScene(agent.api, 'org-full', agent.api.adminKey, '-full');
    const { token: full } = await agent.api.make(`/v1/clusters/${other.clusterId}/agent-token`, undefined);
    await agent.api.opened.pool.query(
      `insert into agent_event select $1, sha256(n::text::bytea), now() from generate_series(1, 99999) n`,
      [other.clusterId],
    );
    await agent.api.opened.pool.query(
      `update application_instance set namespace = 'org-myteam' where cluster_id = $1`,
      [other.clusterId],
    );
    const subject = await agent.delivered(other);
    const events = [
      agent.told(subject, 'Accepted', 1),
      agent.told(subject, 'Running', 2),
      agent.told(subject, 'Succeeded', 3),
    ];
    assert.equal((await agent.post({ events }, {}, full)).status, 204);
    const { rows } = await agent.api.opened.pool.query(
      'select count(*)::int as n from agent_event where cluster_id = $1',
      [other.clusterId],
    );
    assert.equal(rows[0].n, 100_000);
    assert.equal((await agent.operation(subject)).phase, 'Succeeded');
  });
});
