/**
 * One bad row holds up nobody, in the work that goes on by itself: a row that cannot be read, decided or written is put
 * aside with its reason, and the healthy ones of its batch are done in the same round.
 */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { applyDeadlines } from '../../src/core/operations/deadlines.ts';
import { recordProtection } from '../../src/core/protection/record-protection.ts';
import { applyFailurePolicies } from '../../src/core/scheduling/failure-policy.ts';
import { tidyOperations } from '../../src/core/tidying/tidy.ts';
import { startAgentApi } from '../api/agent-scene.ts';
import { poisonedCount, poisonedRows, poisonOf, quiet, sortedIds, strange } from '../support/poison.ts';

const count = poisonedCount;
const scene = await poisonedRows();
const { api, poison, run, rows } = scene;

describe('deadlines', () => {
  const expire = () => applyDeadlines({ ...api.opened, log: quiet });
  beforeEach(() => run(`update operation set deliver_before = now() - interval '1 minute'`));
  for (const [what, spoil, reason] of [
    ['cannot be read', (id: string) => run(strange, [id]), 'Unreadable'],
    ['is refused by the database', (id: string) => poison.refuse('operation', 'id', id, 'P0001'), 'Refused'],
  ] as const) {
    test(`an Operation that ${what} keeps no other from being ended`, async () => {
      const { bad, healthy } = scene.split();
      await spoil(bad.id);
      assert.equal(await expire(), count - 1);
      assert.deepEqual(sortedIds(await rows(`select id from operation where phase = 'Failed'`)), sortedIds(healthy));
      assert.deepEqual(await poison.held(), [`apply-deadlines Operation ${bad.id} ${reason}`]);
    });
  }

  test('the broken conditions of a cluster keep none of its Operations from being ended', async () => {
    await run(`update cluster set conditions = '{}'`);
    assert.equal(await expire(), count);
  });
});

describe('what has ended leaves its cluster', () => {
  const tidySettings = { enabled: true, restoresAfterSeconds: 0 };
  const tidy = () => tidyOperations({ ...api.opened, tidySettings, log: quiet });
  beforeEach(() =>
    run(
      `update operation set phase = 'Failed', owed = null, next_attempt_at = null, uid = 'u', delivered_at = now(), finished_at = now() - interval '1 year'`,
    ),
  );
  for (const [what, spoil, reason] of [
    ['cannot be read', (id: string) => run(strange, [id]), 'Unreadable'],
    ['is refused by the database', (id: string) => poison.refuse('operation', 'id', id, 'P0001'), 'Refused'],
  ] as const) {
    test(`an Operation that ${what} keeps no other there`, async () => {
      const { bad, healthy } = scene.split();
      await spoil(bad.id);
      await tidy();
      assert.deepEqual(
        sortedIds(await rows(`select id from operation where deletion_reason = 'Tidy'`)),
        sortedIds(healthy),
      );
      assert.deepEqual(await poison.held(), [`tidy-operations Operation ${bad.id} ${reason}`]);
    });
  }
});

describe('failure policies', () => {
  const suspended = async () => (await rows(`select id from schedule where suspend order by 1`)).map(({ id }) => id);
  let schedules: string[];
  beforeEach(async () => {
    await run(`update schedule set failure_policy = '{"action": "Suspend", "after": 1}'`);
    await run(`update operation set phase = 'Failed', owed = null, next_attempt_at = null`);
    schedules = (await rows('select id from schedule order by 1')).map(({ id }) => id);
  });
  for (const [what, spoil] of [
    [
      'a policy that is no number',
      `update schedule set failure_policy = '{"action": "Alert", "after": "x"}' where id = $1`,
    ],
    ['a policy below nought', `update schedule set failure_policy = '{"action": "Alert", "after": -1}' where id = $1`],
    ['an Operation of another shape', `update operation set conditions = '{}' where schedule_id = $1`],
  ] as const) {
    test(`${what} keeps no other schedule from being acted on`, async () => {
      const [bad = '', ...healthy] = schedules;
      await run(spoil, [bad]);
      await applyFailurePolicies({ ...api.opened, log: quiet });
      assert.deepEqual(await suspended(), healthy);
      assert.deepEqual(await poison.held(), [`apply-failure-policies Schedule ${bad} Refused`]);
    });
  }

  test('a schedule that the database refuses keeps no other from being suspended', async () => {
    const [bad = '', ...healthy] = schedules;
    await poison.refuse('schedule', 'id', bad, '23514');
    await applyFailurePolicies({ ...api.opened, log: quiet });
    assert.deepEqual(await suspended(), healthy);
  });
});

describe('protection', () => {
  const judged = async () =>
    (await rows('select application_instance_id as id from protection order by 1')).map(({ id }) => id);
  let instances: string[];
  beforeEach(async () => {
    instances = (await rows('select id from application_instance order by 1')).map(({ id }) => id);
  });

  test('an application whose facts cannot be read keeps no other from being judged', async () => {
    const [bad = '', ...healthy] = instances;
    await run(
      `update operation set phase = 'Failed', contradiction = '{"phase": "Succeeded", "at": "some day"}', expires_at = now() + interval '1 day', owed = null, next_attempt_at = null where application_instance_id = $1`,
      [bad],
    );
    await recordProtection({ ...api.opened, log: quiet });
    assert.deepEqual(await judged(), healthy);
    assert.deepEqual(await poison.held(), [`judge-protection ApplicationInstance ${bad} Refused`]);
    const { organizationId } = scene.cluster();
    const now = new Date().toISOString();
    await run(
      `insert into protection (application_instance_id, organization_id, status, severity, since, revision) values ($1, $2, 'AtRisk', 1, now(), 1)`,
      [bad, organizationId],
    );
    const { items } = await api.opened.protections.page(organizationId, { limit: 50 }, now);
    assert.equal(items.length, count - 1);
    await assert.rejects(api.opened.protections.find(organizationId, bad, now), /cannot be judged/);
  });

  test('an application whose status cannot be stored keeps no other from being recorded', async () => {
    const [bad = '', ...healthy] = instances;
    await poison.refuse('protection', 'application_instance_id', bad, '23514');
    await recordProtection({ ...api.opened, log: quiet });
    assert.deepEqual(await judged(), healthy);
    assert.deepEqual(await poison.held(), [`judge-protection ApplicationInstance ${bad} Refused`]);
    await poison.acceptAll();
    await api.opened.heldRows.lookAgain();
    await recordProtection({ ...api.opened, log: quiet });
    assert.deepEqual(await judged(), instances);
    assert.deepEqual(await poison.held(), []);
  });

  test('an impossible expression has no period, and its application is judged by what is left', async () => {
    await run(`update schedule set schedule = '99 99 * * *'`);
    await recordProtection({ ...api.opened, log: quiet });
    assert.deepEqual(await judged(), instances);
    assert.equal((await api.call('GET', '/v1/protection')).status, 200);
  });
});

describe('reports about clusters', () => {
  test('a cluster whose conditions are no list is mended by its next report', async () => {
    await run(`update cluster set conditions = '{}', told_conditions = '[]', tell_at = now() - interval '1 minute'`);
    const report = { conditions: [], contact: true, now: new Date().toISOString() };
    await api.opened.directory.report(scene.cluster().id, report);
    assert.deepEqual(
      (await api.opened.store.tables.clusters.find(scene.cluster().organizationId, scene.cluster().id))?.conditions,
      [],
    );
    assert.equal((await api.opened.clusterFigures.measured(10)).length, 1);
  });

  const down = `[{"type": "Reachable", "status": "False", "reason": "Unreachable", "message": "", "lastTransitionTime": "2026-01-01T00:00:00.000Z"}]`;
  const alsoDown = async (clusterCount: number) => {
    await run(
      `insert into cluster (id, organization_id, name, server, agent_token_hash, created_at, updated_at, revision)
       select gen_random_uuid(), $1, 'other-' || n, 'https://a', 'hash-' || n, now(), now(), 1 from generate_series(1, $2::int) n`,
      [scene.cluster().organizationId, clusterCount],
    );
    await run(`update cluster set conditions = $1, tell_at = now() - interval '1 minute'`, [down]);
  };
  const told = () => rows(`select cluster_id from event where reason = 'ClusterUnreachable'`);

  test('a cluster that cannot be reported keeps no other from being reported', async () => {
    await alsoDown(1);
    const [other] = await rows(`select id from cluster where name = 'other-1'`);
    await poison.refuse('cluster', 'id', scene.cluster().id, '23514');
    await api.opened.clusterChecks.recordDueEvents(new Date().toISOString());
    assert.deepEqual(await told(), [{ cluster_id: other.id }]);
    assert.deepEqual(await poison.held(), [`report-clusters Cluster ${scene.cluster().id} Refused`]);
  });

  test('when most of them cannot be reported, the work has failed, the others are, and nobody is put aside', async () => {
    await alsoDown(5);
    await poison.refuse('cluster', 'server', 'https://a', '23514');
    await assert.rejects(api.opened.clusterChecks.recordDueEvents(new Date().toISOString()));
    assert.deepEqual(await told(), [{ cluster_id: scene.cluster().id }]);
    assert.deepEqual(await poison.held(), []);
  });

  test('when most agents cannot be judged, the work has failed, and nobody is put aside', async () => {
    await alsoDown(5);
    const judge = () => {
      throw new TypeError('a defect');
    };
    await assert.rejects(api.opened.agents.updateContacts(judge), TypeError);
    assert.deepEqual(await poison.held(), []);
  });
});

test('a row over which one invariant cannot be looked for hides no other finding', async () => {
  const [{ id }] = await rows('select id from schedule order by 1 limit 1');
  await run(`update schedule set next_fire_at = now() - interval '5 minutes' where id = $1`, [id]);
  await run(
    `update operation set phase = 'Running', started_at = '294276-12-31T23:59:59Z', owed = null, next_attempt_at = null where id = $1`,
    [scene.operations()[0]?.id],
  );
  const { status, body } = await api.call('GET', '/v1/watchdog');
  assert.equal(status, 200);
  const found = body.findings.map((each: Record<string, string>) => `${each.kind} ${each.resourceId ?? each.name}`);
  assert.ok(found.includes(`ScheduleOverdue ${id}`), found.join());
  assert.ok(found.includes('InvariantNotChecked OperationRunningTooLong'), found.join());
});

describe("events of a cluster's agent", () => {
  test('one that cannot be taken keeps no other of its batch from being taken', async () => {
    const agent = await startAgentApi();
    const broken = poisonOf(agent.api.opened.pool);
    const [one, two, three] = [await agent.delivered(), await agent.delivered(), await agent.delivered()];
    await broken.refuse('operation', 'id', two.id, '23514');
    await agent.postEvents(...[one, two, three].map((each) => agent.told(each, 'Running', 20)), agent.heartbeat(21));
    assert.deepEqual(await Promise.all([one, two, three].map(async (each) => (await agent.operation(each)).phase)), [
      'Running',
      'Pending',
      'Running',
    ]);
    assert.deepEqual(await broken.held(), [`take-agent-events Cluster org-myteam/${two.name} Refused`]);
    assert.equal((await agent.connected())?.status, 'True');
    await agent.close();
  });
});
