import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, afterEach, before, test } from 'node:test';
import { startCluster } from './index.ts';
import type { Json, JsonObject } from './json.ts';
import { at, listAt, objectAt, parseJson, text } from './json.ts';
import type { SimulatedCluster } from './options.ts';
import { apply, operation, until } from './testing.ts';

let cluster: SimulatedCluster;
let url: string;
let code = 204;
let batches: { readonly events: readonly Json[]; readonly headers: readonly unknown[] }[] = [];

const controlPlane = createServer(async (message, response) => {
  let source = '';
  for await (const chunk of message) source += String(chunk);
  const { authorization, 'content-type': media } = message.headers;
  batches.push({
    events: listAt(parseJson(source), 'events'),
    headers: [message.method, message.url, authorization, media],
  });
  response.writeHead(code).end();
});

before(async () => {
  await once(controlPlane.listen(0, '127.0.0.1'), 'listening');
  const address = controlPlane.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  cluster = await startCluster({ speed: 400 });
  cluster.addNamespace('org-myteam');
  cluster.addApplicationInstance('org-myteam', 'nextcloud');
});
after(async () => {
  await cluster.close();
  controlPlane.closeAllConnections();
  controlPlane.close();
});
afterEach(() => {
  cluster.postEvents(undefined);
  cluster.clearFaults();
  batches = [];
  code = 204;
});

const post = (heartbeatSeconds = 60): void =>
  cluster.postEvents({ url, token: 'agent-token', batchMs: 10, heartbeatSeconds });
const events = (): readonly JsonObject[] =>
  batches.flatMap((batch) => batch.events).map((event) => objectAt({ event }, 'event'));
const of = (name: string): readonly JsonObject[] =>
  events().filter((event) => text(event, 'resourceRef', 'name') === name);
const kinds = (name: string): readonly string[] => of(name).map((event) => text(event, 'kind'));
const putMany = (count: number, round: string): void => {
  const lastTransitionTime = '2026-11-21T00:00:00Z';
  const conditions = [{ type: 'Ready', status: 'True', reason: round, message: '', lastTransitionTime }];
  for (let each = 0; each < count; each += 1)
    cluster.put('applicationinstances', {
      apiVersion: 'apps.vworkspace.io/v1alpha1',
      kind: 'ApplicationInstance',
      metadata: { name: `app-${each}`, namespace: 'org-myteam' },
      status: { conditions },
    });
};

test("an Operation's life is told in the agent protocol's words, with keys that lack reason and time", async () => {
  post();
  const uid = text((await apply(cluster, operation('told'))).body, 'metadata', 'uid');
  await until('its end', () => kinds('told').includes('OperationSucceeded'));
  assert.deepEqual(batches[0]?.headers, [
    'POST',
    '/api/agent/events',
    'Bearer agent-token',
    'application/vnd.vworkspace.agent.v1+json',
  ]);
  for (const kind of ['OperationAccepted', 'OperationRunning', 'ConditionTransition'])
    assert.ok(kinds('told').includes(kind), kind);
  const done = of('told').find((event) => text(event, 'kind') === 'OperationSucceeded');
  assert.equal(
    text(done, 'eventKey'),
    `condition/ops.vworkspace.io/v1alpha1/Operation/org-myteam/told/${uid}/Succeeded/True@1`,
  );
  assert.equal(text(listAt(done, 'conditions')[0], 'reason'), 'VeleroBackupCompleted');
  assert.deepEqual(Object.keys(done ?? {}), ['eventKey', 'kind', 'resourceRef', 'conditions', 'timestamp']);
});

test('heartbeats come at once and then each so often, with the conditions of the Cluster', async () => {
  post(0.03);
  const beats = (): readonly JsonObject[] => events().filter((event) => text(event, 'kind') === 'ClusterHeartbeat');
  await until('three heartbeats', () => beats().length >= 3);
  assert.equal(text(beats()[0], 'resourceRef', 'kind'), 'Cluster');
  assert.equal(text(listAt(beats()[0], 'conditions')[0], 'type'), 'Connected');
});

test('a batch that was not taken comes again, and none has more than a hundred events', async () => {
  code = 503;
  post();
  putMany(250, 'Retried');
  const several = (): typeof batches => batches.filter((batch) => batch.events.length > 1);
  await until('some refusals', () => several().length >= 2);
  assert.deepEqual(several()[0]?.events, several()[1]?.events);
  code = 204;
  const refused = batches.length;
  await until('all of them', () => cluster.eventCounts.waiting === 0);
  assert.ok(batches.every((batch) => batch.events.length <= 100));
  const taken = batches.slice(refused).flatMap((batch) => batch.events);
  assert.equal(taken.filter((event) => text(listAt(event, 'conditions')[0], 'reason') === 'Retried').length, 250);
});

test('a buffer that overflows loses the oldest, says so, and says when it is over', async () => {
  code = 503;
  post();
  putMany(1_100, 'Flooded');
  assert.equal(cluster.eventCounts.waiting, 1_000);
  assert.ok(cluster.eventCounts.dropped > 100);
  const overflow = (): string =>
    text(
      listAt(cluster.list('clusters')[0] as JsonObject, 'status', 'conditions').find(
        (each) => text(each, 'type') === 'BufferOverflow',
      ),
      'status',
    );
  assert.equal(overflow(), 'True');
  code = 204;
  batches = [];
  await until('the end of it', () => overflow() === 'False', 20_000);
  await until('all of it', () => cluster.eventCounts.waiting === 0);
  const statuses = of('simulated')
    .flatMap((event) => listAt(event, 'conditions').slice(0, 1))
    .filter((each) => text(each, 'type') === 'BufferOverflow')
    .map((each) => text(each, 'status'));
  assert.deepEqual(statuses, ['True', 'False']);
  assert.equal(of('app-0').length, 0);
});

test('a batch is posted unchanged until it is answered with 204, whatever else comes and whatever else is answered', async () => {
  code = 200;
  post();
  putMany(3, 'Unchanged');
  const several = (): typeof batches => batches.filter((batch) => batch.events.length > 1);
  await until('some posts', () => several().length >= 2);
  const [first] = several();
  batches = [];
  putMany(5, 'Later');
  await until('more posts', () => several().length >= 3);
  for (const batch of several()) assert.deepEqual(batch.events, first?.events);
});

test('what waits is lost with the process, and a restart tells nothing again but a heartbeat', async () => {
  await apply(cluster, operation('before'));
  await until(
    'its end',
    () => text(cluster.get('operations', 'org-myteam', 'before') as Json, 'status', 'phase') === 'Succeeded',
  );
  code = 503;
  post();
  putMany(3, 'Waiting');
  cluster.stopOperator();
  assert.equal(cluster.eventCounts.waiting, 0);
  code = 204;
  batches = [];
  cluster.startOperator();
  await until('a heartbeat', () => events().some((event) => text(event, 'kind') === 'ClusterHeartbeat'));
  putMany(1, 'Last');
  await until('the last', () => of('app-0').length > 0);
  assert.deepEqual([of('before').length, of('app-1').length], [0, 0]);
});

test('a heartbeat that is not taken shows in the conditions of the Cluster, until one is', async () => {
  const connected = (): string => {
    const conditions = listAt(cluster.list('clusters')[0] as Json, 'status', 'conditions');
    const found = conditions.find((each) => text(each, 'type') === 'Connected');
    return `${text(found, 'status')}/${text(found, 'reason')}`;
  };
  code = 422;
  post(0.05);
  await until('its end', () => connected() === 'False/ControlPlaneUnreachable');
  code = 204;
  await until('its return', () => connected() === 'True/Connected');
});

test('the stream can lose, repeat and reorder events, and bring secrets', async () => {
  cluster.inject({ kind: 'eventGap', resources: ['operations'], names: ['gap'] });
  cluster.inject({ kind: 'eventDuplicate', names: ['twice'] });
  cluster.inject({ kind: 'eventSecrets', names: ['secret'], value: 'canary' });
  post();
  for (const name of ['gap', 'twice', 'secret']) await apply(cluster, operation(name));
  for (const name of ['twice', 'secret']) await until(name, () => kinds(name).includes('OperationSucceeded'), 20_000);
  assert.deepEqual(kinds('gap'), []);
  assert.equal(kinds('twice').filter((kind) => kind === 'OperationSucceeded').length, 2);
  assert.ok(of('secret').every((event) => at(event, 'managedStorage', 'secretAccessKey') === 'canary'));
  batches = [];
  cluster.inject({ kind: 'eventReorder', count: 1 });
  putMany(3, 'Reordered');
  const names = (): readonly string[] =>
    events()
      .filter((event) => text(listAt(event, 'conditions')[0], 'reason') === 'Reordered')
      .map((event) => text(event, 'resourceRef', 'name'));
  await until('all three', () => names().length === 3);
  assert.deepEqual(names(), ['app-2', 'app-1', 'app-0']);
});
