/** A cluster whose agent has a token, and the events that it may post; with a clock that is put forward by hand. */
import assert from 'node:assert/strict';
import { type Answer, startApi } from './harness.ts';
import { backup, setScene } from './scene.ts';

export const address = '/api/agent/events';
export const mediaType = 'application/vnd.vworkspace.agent.v1+json';
/** A whole second of today: PostgreSQL, whose clock forgets, goes by its own. */
const start = Math.floor(Date.now() / 1000) * 1000;

export interface Subject {
  readonly id: string;
  readonly name: string;
  readonly uid: string;
}

/** Refused in the agent protocol's shape, and in no other. */
export function assertRefused(answer: Answer, status: number, error?: string): void {
  assert.equal(answer.status, status, answer.text);
  assert.match(String(answer.headers['content-type']), /^application\/json/);
  assert.deepEqual(Object.keys(answer.body).sort(), ['error', 'message', 'requestId'], answer.text);
  assert.equal(answer.body.requestId, answer.headers['x-request-id']);
  if (error !== undefined) assert.equal(answer.body.error, error);
  assert.ok(answer.body.message.length > 10);
  assert.doesNotMatch(answer.text, /urn:|FST_ERR|\bat .*\.ts/);
}

export type AgentApi = Awaited<ReturnType<typeof startAgentApi>>;

export async function startAgentApi() {
  let nowMs = start;
  let count = 0;
  const now = () => new Date(nowMs).toISOString();
  const pass = (ms: number) => {
    nowMs += ms;
  };
  const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();
  const clock = { now: async () => now() };
  // The usual rate has a test of its own.
  const api = await startApi({ clock, agentRate: { perSecond: 1_000, burst: 1_000 } });
  const scene = await setScene(api);
  const token: string = (await api.make(`/v1/clusters/${scene.clusterId}/agent-token`, undefined)).token;

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

  /** How much could not be read until now, and the condition that reports it. */
  const unreadable = async () => {
    const { rows } = await api.opened.pool.query('select agent_unreadable_count as count from cluster where id = $1', [
      scene.clusterId,
    ]);
    const { conditions } = await cluster();
    const condition = conditions.find(({ type }: { type: string }) => type === 'AgentEventsRead');
    return { count: Number(rows[0].count), condition };
  };

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
  return {
    ...{
      api,
      scene,
      token,
      now,
      pass,
      at,
      post,
      postEvents,
      cluster,
      relistRevision,
      rememberedCount,
      connected,
      unreadable,
    },
    ...{ delivered, operation, refOf, told, heartbeat },
    /** A list can be asked for again. */
    minuteLater: () => pass(61_000),
    close: () => api.close(),
  };
}
