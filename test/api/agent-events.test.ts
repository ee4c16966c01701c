/** What a cluster's own agent posts: who may, what is taken, what is refused and how, and what is never kept. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { lookAfterAgents } from '../../src/app/agent-events.ts';
import { buckets } from '../../src/http/agent-rate.ts';
import { type Answer, assertProblem, startApi, type TestApi } from './harness.ts';
import { backup, type Scene, setScene } from './scene.ts';

const address = '/api/agent/events';
const mediaType = 'application/vnd.vworkspace.agent.v1+json';
const start = Date.parse('2026-11-21T06:00:00.000Z');
const quiet = { info() {}, warn() {}, error() {}, debug() {} };

/** Refused in the agent protocol's shape, and in no other. */
function assertRefused(answer: Answer, status: number, error?: string): void {
  assert.equal(answer.status, status, answer.text);
  assert.match(String(answer.headers['content-type']), /^application\/json/);
  assert.deepEqual(Object.keys(answer.body).sort(), ['error', 'message', 'requestId'], answer.text);
  assert.equal(answer.body.requestId, answer.headers['x-request-id']);
  if (error !== undefined) assert.equal(answer.body.error, error);
  assert.ok(answer.body.message.length > 10);
  assert.doesNotMatch(answer.text, /urn:|FST_ERR|\bat .*\.ts/);
}

interface Subject {
  readonly id: string;
  readonly name: string;
  readonly uid: string;
}

describe("a cluster's agent", () => {
  let api: TestApi;
  let scene: Scene;
  let now = start;
  let token: string;
  let count = 0;
  const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();

  before(async () => {
    const clock = { now: async () => new Date(now).toISOString() };
    api = await startApi({ clock, agentRate: { perSecond: 1_000, burst: 1_000 } });
    scene = await setScene(api);
    token = (await api.make(`/v1/clusters/${scene.clusterId}/agent-token`, undefined)).token;
  });
  after(() => api.close());

  const post = (body: unknown, headers: Record<string, string> = {}, key: string | null = token) =>
    api.call('POST', address, { body, headers, key });
  const postEvents = async (...events: object[]) => {
    const answer = await post({ events });
    assert.equal(answer.status, 204, answer.text);
  };
  const cluster = async () => (await api.call('GET', `/v1/clusters/${scene.clusterId}`)).body;
  const relistRevision = async (id = scene.clusterId) =>
    (await api.opened.pool.query('select relist_revision from cluster where id = $1', [id])).rows[0].relist_revision;
  const rememberedCount = async () =>
    (await api.opened.pool.query('select count(*)::int as n from agent_event')).rows[0].n;
  const connected = async () =>
    (await cluster()).conditions.find(({ type }: { type: string }) => type === 'AgentConnected');

  /** An Operation that the cluster has. */
  const delivered = async (of = scene, key = api.adminKey): Promise<Subject> => {
    count += 1;
    const { operation } = await api.make('/v1/operations', backup(of, { name: `backup-${count}` }), key);
    const uid = `uid-${count}`;
    await api.opened.pool.query(
      `update operation set uid = $2, delivered_at = now(), owed = null, next_attempt_at = null where id = $1`,
      [operation.id, uid],
    );
    return { id: operation.id, name: operation.name, uid };
  };
  const operation = async ({ id }: Subject, key = api.adminKey) =>
    (await api.call('GET', `/v1/operations/${id}`, { key })).body;
  const refOf = ({ name, uid }: Subject, more: object = {}) => ({
    apiVersion: 'ops.vworkspace.io/v1alpha1',
    kind: 'Operation',
    namespace: 'org-myteam',
    name,
    uid,
    generation: 1,
    ...more,
  });
  const told = (subject: Subject, type: string, seconds: number, more: object = {}, ref: object = {}) => ({
    kind: 'ConditionTransition',
    resourceRef: refOf(subject, ref),
    conditions: [{ type, status: 'True', reason: `Velero${type}`, lastTransitionTime: at(seconds), ...more }],
    timestamp: at(seconds),
  });
  const heartbeat = (seconds: number) => ({
    kind: 'ClusterHeartbeat',
    resourceRef: { apiVersion: 'ops.vworkspace.io/v1alpha1', kind: 'Cluster', namespace: '', name: 'cluster-prod-1' },
    conditions: null,
    timestamp: at(seconds),
  });
  /** Raising a list is possible again. */
  const minuteLater = () => {
    now += 61_000;
  };

  describe('its token', () => {
    test('is shown once, is kept as a hash, and is told of by its date alone', async () => {
      assert.match(token, /^vwksp-agt-[A-Za-z0-9_-]{43}$/);
      const { rows } = await api.opened.pool.query('select agent_token_hash from cluster where id = $1', [
        scene.clusterId,
      ]);
      assert.match(rows[0].agent_token_hash, /^[0-9a-f]{64}$/);
      const seen = await cluster();
      assert.ok(seen.agentTokenCreatedAt);
      assert.ok(!JSON.stringify(seen).includes(token.slice(10)) && !JSON.stringify(seen).includes('Hash'));
    });

    test('is made once by one Idempotency-Key, and its replay is the same', async () => {
      const other = await setScene(api, 'org-other', api.adminKey, '-key');
      const path = `/v1/clusters/${other.clusterId}/agent-token`;
      const [first, second] = [
        await api.call('POST', path, { headers: { 'idempotency-key': 'make-1' } }),
        await api.call('POST', path, { headers: { 'idempotency-key': 'make-1' } }),
      ];
      assert.equal(first.status, 201);
      assert.deepEqual(second.body, first.body);
      assert.equal(second.headers['idempotency-replayed'], 'true');
      assert.equal(first.body.previousTokenGoodUntil, undefined);
    });

    test('that was replaced is good for 24 hours, the one before that at once no more; revoking ends both', async () => {
      const other = await setScene(api, 'org-third', api.adminKey, '-rotated');
      const path = `/v1/clusters/${other.clusterId}/agent-token`;
      const tokens: string[] = [];
      for (const _ of [1, 2, 3]) tokens.push((await api.make(path, undefined)).token);
      const statuses = async () => {
        const answers = [];
        for (const each of tokens) answers.push((await post({ events: [] }, {}, each)).status);
        return answers;
      };
      assert.deepEqual(await statuses(), [401, 204, 204]);
      now += 24 * 3_600_000 - 1;
      assert.deepEqual(await statuses(), [401, 204, 204]);
      now += 1;
      assert.deepEqual(await statuses(), [401, 401, 204]);
      await api.make(path, undefined);
      assert.equal((await api.call('DELETE', path)).status, 204);
      assert.deepEqual(await statuses(), [401, 401, 401]);
      const view = (await api.call('GET', `/v1/clusters/${other.clusterId}`)).body;
      assert.equal(view.agentTokenCreatedAt, undefined);
      assert.equal((await api.call('DELETE', path)).status, 204);
      const { rows } = await api.opened.pool.query(
        `select reason, count(*)::int from event where cluster_id = $1 and reason like 'AgentToken%' group by 1 order by 1`,
        [other.clusterId],
      );
      assert.deepEqual(rows, [
        { reason: 'AgentTokenCreated', count: 4 },
        { reason: 'AgentTokenRevoked', count: 1 },
      ]);
    });

    test('of one kind is not taken for the other', async () => {
      assertProblem(await api.call('GET', '/v1/clusters', { key: token }), 401);
      for (const key of [api.adminKey, null, 'vwksp-agt-x', `${token}x`]) {
        const answer = await post('{broken', { 'content-type': 'application/json' }, key);
        assertRefused(answer, 401, 'unauthenticated');
        assert.equal(answer.headers['www-authenticate'], 'Bearer');
      }
    });

    test('cannot be made or revoked by another organization', async () => {
      const path = `/v1/clusters/${scene.clusterId}/agent-token`;
      assertProblem(await api.call('POST', path, { key: api.otherKey }), 404);
      assertProblem(await api.call('DELETE', path, { key: api.otherKey }), 404);
      assert.equal((await post({ events: [] })).status, 204);
    });
  });

  describe('what it sends', () => {
    test('may be of either media type, in any case and with parameters', async () => {
      for (const type of [
        mediaType,
        'application/json',
        'Application/VND.vWorkspace.Agent.V1+JSON; charset=utf-8',
        'APPLICATION/JSON;charset=UTF-8',
      ])
        assert.equal((await post('{"events": []}', { 'content-type': type })).status, 204, type);
    });

    test('is refused in its own protocol: malformed, wrong, too many, too large, of another type', async () => {
      const subject = await delivered();
      const before = await rememberedCount();
      const fine = told(subject, 'Running', 1);
      assertRefused(await post('{"events": ['), 400, 'malformed-request');
      assertRefused(await post(Buffer.from([0x22, 0xff, 0x22])), 400, 'malformed-request');
      assertRefused(await post(''), 400);
      assertRefused(await post('[]'), 400, 'invalid-request');
      assertRefused(await post({}), 400, 'invalid-request');
      assertRefused(await post({ events: [fine, { ...fine, kind: undefined }] }), 400, 'invalid-request');
      assertRefused(await post({ events: [fine, { ...fine, timestamp: 'yesterday' }] }), 422, 'rule-violated');
      const many = await post({ events: Array(101).fill(fine) });
      assertRefused(many, 422, 'rule-violated');
      assert.match(many.body.message, /at most 100/);
      assertRefused(await post(' '.repeat(1024 * 1024 + 1)), 413, 'body-too-large');
      assert.match((await post(' '.repeat(1024 * 1024 + 1))).body.message, /1024 KiB/);
      assertRefused(await post('x', { 'content-type': 'text/plain' }), 415, 'unsupported-media-type');
      assertRefused(await post({ events: [] }, { 'content-encoding': 'gzip' }), 415, 'unsupported-media-type');
      assertRefused(await api.call('GET', address, { key: token }), 405, 'method-not-allowed');
      assertRefused(await api.call('POST', '/api/agent/jobs', { key: token }), 404, 'not-found');
      assert.deepEqual([await rememberedCount(), (await operation(subject)).phase], [before, 'Pending']);
    });

    test('elsewhere stays at 256 KiB, in problem documents', async () => {
      const answer = await api.call('POST', '/v1/organizations', { body: ' '.repeat(256 * 1024 + 1) });
      assertProblem(answer, 413, 'body-too-large');
      assert.match(answer.body.detail, /256 KiB/);
    });

    test('may be a hundred events with long messages, and unknown kinds and fields', async () => {
      const subject = await delivered();
      const events = Array.from({ length: 99 }, (_, n) =>
        told(subject, 'Running', n, { message: 'x'.repeat(1024), unheardOf: { a: [1] } }, { unheardOf: true }),
      );
      await postEvents(...events, { kind: 'SomethingNew', resourceRef: refOf(subject), timestamp: at(0), more: {} });
      assert.equal((await operation(subject)).phase, 'Running');
    });

    test('may hold text that no database takes', async () => {
      const subject = await delivered();
      const odd = { reason: 'a\u0000b', message: `\ud800 ${'💥'.repeat(2000)}` };
      await postEvents(told(subject, 'Running', 1, odd), told(subject, '\u0000', 1, odd));
      const { conditions, phase } = await operation(subject);
      assert.equal(phase, 'Running');
      assert.ok(conditions.every(({ message }: { message: string }) => Buffer.byteLength(message) <= 1024));
    });

    test('is answered in its own protocol also when the database is away or the service fails', async () => {
      const failing = async (error: Error, status: number, code: string) => {
        const broken = await startApi({
          agents: { ...api.opened.agents, take: () => Promise.reject(error) },
          clock: api.ports.clock,
        });
        const answer = await broken.call('POST', address, { body: { events: [heartbeat(0)] }, key: token });
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
  });

  describe('what it tells of Operations', () => {
    test('brings one to its end, by conditions or by the kind of the event alone', async () => {
      const [byConditions, byKind] = [await delivered(), await delivered()];
      await postEvents(
        told(byConditions, 'Accepted', 10),
        told(byConditions, 'Running', 20),
        { kind: 'OperationAccepted', resourceRef: refOf(byKind), timestamp: at(10) },
        { kind: 'OperationRunning', resourceRef: refOf(byKind), timestamp: at(20), conditions: null },
      );
      for (const each of [byConditions, byKind]) assert.equal((await operation(each)).phase, 'Running');
      await postEvents(told(byConditions, 'Running', 30, { status: 'False' }), told(byConditions, 'Succeeded', 30), {
        kind: 'OperationFailed',
        resourceRef: refOf(byKind),
        timestamp: at(30),
        conditions: [],
      });
      const ended = await operation(byConditions);
      assert.deepEqual(
        [ended.phase, ended.startedAt, ended.finishedAt].map((each) => String(each)),
        ['Succeeded', at(20), at(30)],
      );
      assert.equal((await operation(byKind)).phase, 'Failed');
    });

    test('comes to the same in any order, repeated, in any batches', async () => {
      const steps = (subject: Subject) => [
        told(subject, 'Accepted', 10),
        told(subject, 'Blocked', 11),
        told(subject, 'Blocked', 15, { status: 'False', reason: 'Unblocked' }),
        told(subject, 'Running', 20),
        told(subject, 'Running', 30, { status: 'False', reason: 'VeleroBackupSucceeded' }),
        told(subject, 'Succeeded', 30),
      ];
      const view = async (subject: Subject) => {
        const { phase, startedAt, finishedAt, conditions } = await operation(subject);
        const stated = conditions.filter(({ type }: { type: string }) => type !== 'Delivered');
        const byType = stated.sort((a: { type: string }, b: { type: string }) => a.type.localeCompare(b.type));
        return { phase, startedAt, finishedAt, conditions: byType };
      };
      const straight = await delivered();
      await postEvents(...steps(straight));
      const expected = await view(straight);
      assert.equal(expected.phase, 'Succeeded');

      const reversed = await delivered();
      for (const event of [...steps(reversed).toReversed(), ...steps(reversed)]) {
        await postEvents(event, event);
        now += 200;
      }
      assert.deepEqual(await view(reversed), expected);
      const shuffled = await delivered();
      const some = steps(shuffled);
      await postEvents(...[4, 1, 5, 3, 0, 2, 1, 4].flatMap((n) => some[n] ?? []));
      assert.deepEqual(await view(shuffled), expected);
    });

    test('is about the Operation of this namespace, name and uid in this cluster, and about no other', async () => {
      const stranger = await setScene(api, 'org-myteam', api.otherKey, '-theirs').catch(() => undefined);
      const mine = await delivered();
      minuteLater();
      await postEvents(
        told(mine, 'Running', 1, {}, { uid: 'another' }),
        told(mine, 'Running', 2, {}, { namespace: 'org-elsewhere' }),
        told(mine, 'Running', 3, {}, { kind: 'Job' }),
        told(mine, 'Running', 4, {}, { apiVersion: 'batch/v1' }),
      );
      assert.equal((await operation(mine)).phase, 'Pending');
      if (stranger !== undefined) {
        const theirs = await delivered(stranger, api.otherKey);
        await postEvents(told(theirs, 'Running', 5));
        assert.equal((await operation(theirs, api.otherKey)).phase, 'Pending');
      }
      await postEvents(told(mine, 'Running', 6, {}, { uid: '' }));
      assert.equal((await operation(mine)).phase, 'Running');
    });

    test('counts once by key, reason and transition time, each condition by itself', async () => {
      const subject = await delivered();
      const key = { eventKey: `condition/a/b/c/${subject.name}` };
      const event = { ...told(subject, 'Running', 1), ...key };
      const before = await rememberedCount();
      await postEvents(event, event);
      await postEvents({ ...event, timestamp: at(9) });
      assert.equal((await rememberedCount()) - before, 1);
      const [condition] = event.conditions;
      await postEvents(
        { ...event, conditions: [{ ...condition, reason: 'Other' }] },
        { ...event, conditions: [{ ...condition, lastTransitionTime: at(2) }] },
        { ...event, conditions: [condition, { ...condition, type: 'Accepted' }] },
      );
      assert.equal((await rememberedCount()) - before, 4);
    });

    test('is remembered for a day', async () => {
      assert.ok((await rememberedCount()) > 0);
      await api.opened.pool.query(`update agent_event set seen_at = now() - interval '24 hours 1 minute'`);
      const subject = await delivered();
      await postEvents(told(subject, 'Running', 1));
      await api.opened.agents.forget();
      assert.equal(await rememberedCount(), 1);
    });

    test('updates the mirrored conditions of an application that is known, newest last', async () => {
      await api.opened.pool.query(
        `insert into cluster_application (id, organization_id, cluster_id, namespace, name, uid, capabilities, conditions, seen_at)
         select gen_random_uuid(), organization_id, id, 'org-myteam', 'nextcloud-myteam', 'app-1', '{}', '[]', now() from cluster where id = $1`,
        [scene.clusterId],
      );
      const ready = (status: string, seconds: number, uid = 'app-1') => ({
        kind: 'ConditionTransition',
        resourceRef: {
          ...{ apiVersion: 'apps.vworkspace.io/v1alpha1', kind: 'ApplicationInstance', namespace: 'org-myteam' },
          ...{ name: 'nextcloud-myteam', uid },
        },
        conditions: [{ type: 'Ready', status, reason: 'Said', lastTransitionTime: at(seconds) }],
        timestamp: at(seconds),
      });
      await postEvents(ready('False', 20), ready('True', 10));
      await postEvents(ready('True', 15), ready('True', 30, 'another'));
      const { rows } = await api.opened.pool.query('select conditions from cluster_application');
      assert.deepEqual(
        rows[0].conditions.map(({ type, status }: { type: string; status: string }) => [type, status]),
        [['Ready', 'False']],
      );
    });

    test('that the cluster replaced its credential is an event, once', async () => {
      const event = { ...heartbeat(5), kind: 'CredentialRotated', eventKey: 'rotated-1' };
      await postEvents(event, event);
      await postEvents(event);
      const { rowCount } = await api.opened.pool.query(
        `select 1 from event where reason = 'CredentialRotated' and cluster_id = $1`,
        [scene.clusterId],
      );
      assert.equal(rowCount, 1);
    });
  });

  describe('a list of everything is asked for', () => {
    test('when an Operation is not known here, a buffer has overflowed, or heartbeats have failed to come', async () => {
      const unknown = { id: '', name: 'never-heard-of', uid: 'u' };
      const overflow = {
        ...heartbeat(1),
        kind: 'ConditionTransition',
        conditions: [{ type: 'BufferOverflow', status: 'True', lastTransitionTime: at(1) }],
      };
      const raised = async (act: () => Promise<void>) => {
        minuteLater();
        const before = await relistRevision();
        await act();
        return (await relistRevision()) - before;
      };
      for (const _ of ['what was asked for before', 'nothing']) {
        minuteLater();
        await postEvents(heartbeat(0));
      }
      assert.equal(await raised(() => postEvents(heartbeat(1))), 0);
      assert.equal(await raised(() => postEvents(told(unknown, 'Running', 1))), 1);
      await postEvents(heartbeat(2));
      assert.equal(await raised(() => postEvents(overflow)), 1);
      assert.equal(await raised(() => postEvents(overflow)), 0);
      await postEvents(heartbeat(3));
      assert.equal(await raised(() => postEvents({ ...heartbeat(4), kind: 'BufferOverflow' })), 1);
      await postEvents(heartbeat(5));
      now += 151_000 - 61_000;
      assert.equal(await raised(() => postEvents(heartbeat(6))), 1);
    });

    test('at most once a minute, and what was asked for meanwhile when the minute has passed', async () => {
      minuteLater();
      await postEvents(heartbeat(100));
      const before = await relistRevision();
      for (const n of [1, 2, 3, 4]) {
        now += 5_000;
        await postEvents(told({ id: '', name: `unknown-${n}`, uid: 'u' }, 'Running', n));
      }
      assert.equal(await relistRevision(), before + 1);
      const look = () => lookAfterAgents({ agents: api.opened.agents, clock: api.ports.clock, log: quiet });
      await look();
      assert.equal(await relistRevision(), before + 1);
      minuteLater();
      await look();
      await look();
      assert.equal(await relistRevision(), before + 2);
    });
  });

  test('is connected while its heartbeats come, and told to be silent after three minutes', async () => {
    const look = () => lookAfterAgents({ agents: api.opened.agents, clock: api.ports.clock, log: quiet });
    await postEvents(heartbeat(200));
    const since = new Date(now).toISOString();
    assert.equal((await connected()).status, 'True');
    assert.ok((await connected()).message.includes(since));
    assert.equal((await cluster()).lastContactAt, since);
    now += 180_000;
    await look();
    assert.equal((await connected()).status, 'True');
    now += 1;
    await look();
    assert.equal((await connected()).status, 'False');
    assert.ok((await connected()).message.includes(since));
    await postEvents(heartbeat(201));
    assert.equal((await connected()).status, 'True');
    const silent = await setScene(api, 'org-silent', api.adminKey, '-silent');
    const view = async () => (await api.call('GET', `/v1/clusters/${silent.clusterId}`)).body.conditions;
    await look();
    assert.deepEqual(await view(), []);
    await api.make(`/v1/clusters/${silent.clusterId}/agent-token`, undefined);
    now += 181_000;
    await look();
    assert.deepEqual(
      (await view()).map(({ type, status }: { type: string; status: string }) => [type, status]),
      [['AgentConnected', 'False']],
    );
    await api.call('DELETE', `/v1/clusters/${silent.clusterId}/agent-token`);
    assert.deepEqual(await view(), []);
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
    const take = buckets({ perSecond: 5, burst: 50 });
    const refusedOf = (key: string, perSecond: number, seconds: number) =>
      Array.from({ length: perSecond * seconds }, (_, n) => take(key, (n * 1000) / perSecond)).filter(
        (wait) => wait > 0,
      );
    assert.equal(refusedOf('usual', 1, 3_600).length, 0);
    assert.ok(refusedOf('tenfold', 10, 20).length > 40);
    assert.deepEqual([...new Set(refusedOf('tenfold again', 10, 20))], [1]);
    assert.equal(take('tenfold', 3_600_000), 0);
  });

  test('cannot fill the table that remembers', async () => {
    const other = await setScene(api, 'org-full', api.adminKey, '-full');
    const { token: full } = await api.make(`/v1/clusters/${other.clusterId}/agent-token`, undefined);
    await api.opened.pool.query(
      `insert into agent_event select $1, sha256(n::text::bytea), now() from generate_series(1, 99999) n`,
      [other.clusterId],
    );
    await api.opened.pool.query(`update application_instance set namespace = 'org-myteam' where cluster_id = $1`, [
      other.clusterId,
    ]);
    const subject = await delivered(other);
    const events = [told(subject, 'Accepted', 1), told(subject, 'Running', 2), told(subject, 'Succeeded', 3)];
    assert.equal((await post({ events }, {}, full)).status, 204);
    const { rows } = await api.opened.pool.query('select count(*)::int as n from agent_event where cluster_id = $1', [
      other.clusterId,
    ]);
    assert.equal(rows[0].n, 100_000);
    assert.equal((await operation(subject)).phase, 'Succeeded');
  });

  test('leaves no secret behind: in no table, log, answer or metric', async () => {
    const canary = 'CANARY-1f6d0c';
    const subject = await delivered();
    const secret = {
      managedStorage: { accessKey: canary, nested: [{ secretKey: canary }], [canary]: 1 },
      endpoints: [{ url: `https://${canary}@x` }],
    };
    const good = { ...told(subject, 'Running', 1), ...secret };
    const answers = [
      await post({ events: [good, { ...heartbeat(300), ...secret }], ...secret }),
      await post({ events: [{ ...good, kind: 5 }] }),
      await post({ events: [{ ...good, timestamp: canary }] }),
      await post({ events: Array(101).fill(good) }),
      await post(`{"events": [{"managedStorage": {"secretKey": "${canary}" oops`),
      await post(`{"managedStorage": "${canary}\\u0000", "__proto__": {"a": "${canary}"}, "events": []}`),
      await post({ events: [good] }, { 'content-type': 'text/plain' }),
      await post({ events: [good] }, {}, 'nobody'),
      await post({ events: [{ ...good, resourceRef: refOf({ ...subject, uid: 'unknown' }) }] }),
      await api.call('GET', '/metrics'),
      await api.call('GET', `/v1/operations/${subject.id}`),
      await api.call('GET', `/v1/operations/${subject.id}/events`),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [204, 400, 422, 422, 400, 204, 415, 401, 204, 200, 200, 200],
    );
    for (const { text } of answers) assert.ok(!text.includes(canary), text);
    assert.ok(!api.logged().includes(canary), 'in the log');
    assert.ok(api.logged().includes(address), 'the log was kept');
    const { rows: tables } = await api.opened.pool.query(
      `select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
    );
    assert.ok(tables.length > 10);
    let length = 0;
    for (const { table_name: table } of tables) {
      const { rows } = await api.opened.pool.query(`select string_agg(t::text, ' ') as text from "${table}" t`);
      length += (rows[0].text ?? '').length;
      assert.ok(!(rows[0].text ?? '').includes(canary), table);
    }
    assert.ok(length > 10_000);
  });

  test('is answered in its own protocol even by what Node refuses on the wire', async () => {
    const port = Number(new URL(await api.app.listen({ host: '127.0.0.1', port: 0 })).port);
    const raw = async (text: string) => {
      const socket = connect(port, '127.0.0.1');
      socket.write(text);
      const chunks: Buffer[] = [];
      socket.on('data', (chunk) => chunks.push(chunk));
      await once(socket, 'close');
      return Buffer.concat(chunks).toString();
    };
    const head = `POST ${address} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
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
