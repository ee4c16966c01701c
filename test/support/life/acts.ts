/** What happens in a random life: what is asked of the service, and what people, clusters and engines do beside it. */

import { bucketActs } from './bucket.ts';
import type { Doing, Doings } from './doings.ts';
import { heed, peopleActs } from './people.ts';
import { hourMs, isInFlight, type Life, secondMs } from './scene.ts';

const ask = ({ api, applicationInstanceId }: Life, body: object) =>
  api.call('POST', '/v1/operations', { body: { applicationInstanceId, ...body } });
const backup = (life: Life, n: number) => ask(life, { type: 'Backup', ttl: `${24 * (1 + (n % 12))}h` });

/** Returns the name of the Restore; `undefined` when there is nothing to restore. */
async function restore(life: Life, n: number): Promise<string | undefined> {
  const points = await life.recoveryPoints();
  const point = points[n % Math.max(1, points.length)];
  if (point === undefined) return undefined;
  const { body } = await ask(life, { type: 'Restore', parameters: { backupName: point.backupName } });
  return body.operation?.name;
}

const isThere = (life: Life, name: string) => life.there().some(({ metadata }) => metadata.name === name);
const isOpen = (life: Life, name: string) =>
  life.there().some(({ metadata, status }) => metadata.name === name && isInFlight(status));

/** Rounds of so many seconds, as long as it is so. Whatever is in the way, it goes on after some of them. */
async function roundsWhile(life: Life, seconds: number, isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 6 && isSo(); tries += 1) await life.round(seconds * secondMs);
}

const hang = ({ cluster }: Life, resource: 'backups' | 'restores') =>
  cluster.inject({ kind: 'backup', outcome: 'hang', resources: [resource], count: 1 });

const asked = {
  backup: [2, backup],
  restore: [2, restore],
  both: [
    2,
    async (life, n) => {
      await restore(life, n);
      await backup(life, n);
    },
  ],
  /** The Restore is open when the Backup is asked for. */
  duringRestore: [
    6,
    async (life, n) => {
      const name = await restore(life, n);
      if (name === undefined) return;
      await roundsWhile(life, 2, () => !isThere(life, name));
      if (isOpen(life, name)) await backup(life, n);
    },
  ],
  /** The Restore has ended and is to leave when the Backup is in flight, perhaps for hours. */
  afterRestore: [
    3,
    async (life, n) => {
      const name = await restore(life, n);
      if (name === undefined) return;
      await roundsWhile(life, 2, () => !isThere(life, name));
      await roundsWhile(life, 10, () => isOpen(life, name));
      if (n % 3 > 0) hang(life, 'backups');
      await backup(life, n);
      for (const seconds of [1, 15, 330]) await life.round(seconds * secondMs);
    },
  ],
  /** A Restore that its engine never ends: it is overdue, and then perhaps deleted by hand. */
  overdue: [
    2,
    async (life, n, doings) => {
      hang(life, 'restores');
      const name = await restore(life, n);
      if (name === undefined) return;
      if (n % 5 === 0) await backup(life, n);
      for (const ms of [2 * secondMs, 15 * secondMs, 5 * hourMs]) await life.round(ms);
      if (n % 4 === 0) return;
      if (n % 4 === 1) life.cluster.restartOperator();
      if (n % 4 === 2) await heed(life, doings);
      await peopleActs.deleteRunning[1](life, n, doings);
    },
  ],
  cancel: [
    1,
    async (life, n) => {
      const open = (await life.ours()).filter(({ phase }) => isInFlight({ phase }));
      if (open.length > 0) await life.api.call('POST', `/v1/operations/${open[n % open.length]?.id}/cancel`);
    },
  ],
} as const satisfies Readonly<Record<string, Doing>>;

const surroundings = {
  nothing: [2, () => {}],
  restartOperator: [2, ({ cluster }) => cluster.restartOperator()],
  restartApiServer: [1, ({ cluster }) => cluster.restartApiServer()],
  webhooks: [
    1,
    ({ cluster }, _, doings) => {
      doings.isChecked = !doings.isChecked;
      cluster.setWebhooks(doings.isChecked);
    },
  ],
  hang: [1, (life) => hang(life, 'backups')],
  partial: [
    1,
    ({ cluster }, n) =>
      cluster.inject({ kind: 'backup', outcome: n % 3 === 0 ? 'Failed' : 'PartiallyFailed', count: 1 }),
  ],
} as const satisfies Readonly<Record<string, Doing>>;

const all = { ...asked, ...surroundings, ...peopleActs, ...bucketActs };
export type Act = keyof typeof all;
/** Each as often as it weighs. */
export const acts = (Object.keys(all) as Act[]).flatMap((act) => Array.from({ length: all[act][0] }, () => act));

export async function act(life: Life, doings: Doings, kind: Act, n: number): Promise<void> {
  const [, does]: Doing = all[kind];
  await does(life, n, doings);
}
