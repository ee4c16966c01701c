/** Rights that go, tokens that end, an API server that crashes, and three hundred at once. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../test/support/until.ts';
import type { Resource } from '../../cluster/client.ts';
import { pathOf } from '../../cluster/paths.ts';
import type { Case } from '../case.ts';
import { patienceSeconds, type Session } from '../session.ts';

const crashCount = 20;
const stormCount = 300;
const stormSeconds = 60;
const tokenSeconds = 15;
const checkMs = 1_000;

/** All of them succeeded, and the cluster holds each exactly once, under the uid that is recorded. */
async function allOnce(session: Session, asked: readonly Resource[], seconds: number): Promise<void> {
  const namespace: string = asked[0]?.namespace;
  const done = await until(`all ${asked.length} succeeded`, seconds, async () => {
    const found: Resource[] = [];
    let cursor = '';
    do {
      const path = `/v1/operations?applicationInstanceId=${asked[0]?.applicationInstanceId}&limit=200${cursor}`;
      const { body } = await session.service.api.get(path);
      found.push(...body.items);
      cursor = body.nextCursor === undefined ? '' : `&cursor=${encodeURIComponent(body.nextCursor)}`;
    } while (cursor !== '');
    return found.filter(({ phase }) => phase === 'Succeeded').length === asked.length ? found : undefined;
  });
  const { items } = await session.place.admin.must('GET', pathOf('operations', namespace));
  const inCluster = items.map(({ metadata }: Resource) => metadata.uid).sort();
  assert.deepEqual(inCluster, done.map(({ uid }) => uid).sort());
}

async function many(session: Session, namespace: string, count: number): Promise<readonly Resource[]> {
  const id = await session.application(namespace);
  const asked: Resource[] = [];
  for (let n = 0; n < count; n += 1) asked.push(await session.ask(id));
  return asked;
}

export const enduring: readonly Case[] = [
  {
    guarantee:
      'without rights in a namespace an Operation fails with the words of the cluster, with them again the next is delivered',
    async run({ application, place, ask, reaches }) {
      const id = await application('org-forbidden');
      const giveBack = await place.dismiss('org-forbidden');
      const failed = await reaches((await ask(id)).id, 'Failed');
      const condition = failed.conditions.find(({ type }: Resource) => type === 'Failed');
      assert.match(condition.message, /cannot patch resource/);
      await giveBack();
      await reaches((await ask(id)).id, 'Succeeded');
      return { reason: condition.reason };
    },
  },
  {
    guarantee:
      'without the right to watch all namespaces each with applications is watched by itself, and nothing is missed',
    async run({ application, place, ask, reaches, conditioned, service, clusterId }) {
      const id = await application('org-narrow');
      await conditioned('Watching', 'True');
      const { items } = (await service.api.get('/v1/application-instances?limit=200')).body;
      const giveBack = await place.narrow(items.map(({ namespace }: Resource) => namespace));
      // A watch that is open outlives the right to it: with its access given again the service begins another.
      const access = { server: place.url, ca: place.ca, token: place.token };
      await service.api.patch(`/v1/clusters/${clusterId}`, access);
      await reaches((await ask(id)).id, 'Succeeded');
      await service.api.post(`/v1/clusters/${clusterId}/check`);
      const narrow = await conditioned('Watching', 'True');
      await reaches((await ask(id)).id, 'Succeeded');
      await giveBack();
      await service.api.post(`/v1/clusters/${clusterId}/check`);
      await conditioned('Watching', 'True');
      await reaches((await ask(id)).id, 'Succeeded');
      const watching = narrow.conditions.find(({ type }: Resource) => type === 'Watching');
      return { watching: `${watching.reason}: ${watching.message}` };
    },
  },
  {
    guarantee: 'a token that ends is told as that, and with a new one what waited is delivered',
    async run({ application, place, ask, reaches, conditioned, service, clusterId }) {
      const id = await application('org-token');
      const access = { server: place.url, ca: place.ca };
      const change = async (token: string) => {
        const answer = await service.api.patch(`/v1/clusters/${clusterId}`, { ...access, token });
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
      };
      await change(await place.tokenFor(tokenSeconds));
      await reaches((await ask(id)).id, 'Succeeded');
      await until('the cluster rejects it', patienceSeconds, async () => {
        await sleep(checkMs);
        await service.api.post(`/v1/clusters/${clusterId}/check`);
        const { body } = await service.api.get(`/v1/clusters/${clusterId}`);
        return body.conditions.some(({ type, status }: Resource) => type === 'Authenticated' && status === 'False');
      });
      const waits = await ask(id);
      const { conditions } = await conditioned('Authenticated', 'False');
      await change(place.token);
      await reaches(waits.id, 'Succeeded');
      const { reason, message } = conditions.find(({ type }: Resource) => type === 'Authenticated');
      return { words: `${reason}: ${message}` };
    },
  },
  {
    guarantee: `an API server that crashes under ${crashCount} deliveries, and has forgotten its history afterwards, loses and doubles nothing`,
    async run(session) {
      const { place, application, ask, reaches, conditioned, service, clusterId } = session;
      await conditioned('Watching', 'True');
      const asking = many(session, 'org-crash', crashCount);
      const path = `/v1/clusters/${clusterId}`;
      const asked = await asking;
      await until('some of them are there', patienceSeconds, async () => {
        const { items } = await place.admin.must('GET', pathOf('operations', 'org-crash'));
        return items.length > 0;
      });
      await place.crash();
      await conditioned('Reachable', 'False');
      await place.start();
      await allOnce(session, asked, patienceSeconds);
      await reaches((await ask(await application('org-after-crash'))).id, 'Succeeded');
      const { items } = (await service.api.get(`${path}/events?limit=200&orderBy=at`)).body;
      return { events: [...new Set(items.map(({ reason }: Resource) => reason))].sort().join(', ') };
    },
  },
  {
    guarantee: `a storm of ${stormCount} Operations ends with each delivered once and seen to its end`,
    async run(session) {
      const asked = await many(session, 'org-storm', stormCount);
      await allOnce(session, asked, stormSeconds);
      return {};
    },
  },
];
