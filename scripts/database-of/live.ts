/** A version lives through the story on a database, and is asked at its end for all that it answers. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SimulatedCluster } from '../../simulator/index.ts';
import { type RecordedAnswer, recordAnswers } from '../../test/support/api-answers.ts';
import { clientOf } from '../../test/support/client.ts';
import { clockOf } from '../../test/support/database-clock.ts';
import type { About } from '../../test/support/old-database.ts';
import { freePort } from '../../test/support/port.ts';
import { adminKey, secretsKey } from '../../test/support/service.ts';
import type { Checkout } from './checkout.ts';
import { pathsOf } from './paths.ts';
import type { KeyName, Stage } from './stage.ts';
import { answeredAt, story } from './story.ts';
import { type Version, versionAt } from './version.ts';

/** What has to be known of the database, then the answers. */
export async function live(
  checkout: Checkout,
  databaseUrl: string,
  logFile: string,
): Promise<readonly (About | RecordedAnswer)[]> {
  const { readables, posts } = await pathsOf(checkout.folder);
  const clock = await clockOf(databaseUrl);
  const version = versionAt({ checkout, databaseUrl, clock, port: await freePort(), logFile });
  const clusters = await startClusters(checkout);
  const { url } = version;
  const stage: Stage = {
    ...{ url, clusters, posts, access: {}, repeatable: [], ids: new Map(), tokens: new Map() },
    keys: new Map([['admin', adminKey]]),
    admin: clientOf(url, adminKey),
    acme: () => clientOf(url, stage.keys.get('acme') ?? ''),
  };
  try {
    await play(stage, version);
  } finally {
    await Promise.all(Object.values(clusters).map((cluster) => cluster.close()));
  }
  const answers: RecordedAnswer[] = [];
  const record = async () => {
    answers.push(...(await recordAnswers(readables, 'admin', stage.admin)));
    answers.push(...(await recordAnswers(readables, 'acme', stage.acme())));
  };
  await version.run(answeredAt, record, { stopped: true, roles: 'api' });
  return [aboutOf(stage, checkout), ...answers];
}

async function play(stage: Stage, version: Version): Promise<void> {
  for (const { at, play } of story) {
    console.log(`${at} …`);
    const seconds = Math.round((Date.parse(at) - Date.now()) / 1000);
    const skews = Object.values(stage.clusters).map((cluster) => cluster.inject({ kind: 'clockSkew', seconds }));
    await version.run(at, () => play(stage));
    for (const skew of skews) skew.clear();
  }
}

function aboutOf({ keys, tokens, access, repeatable }: Stage, { commit }: Checkout): About {
  const key = (name: KeyName) => keys.get(name) ?? '';
  return {
    ...{ commit, answeredAt, access, repeatable },
    keys: { admin: key('admin'), acme: key('acme'), revoked: key('revoked'), expired: key('expired') },
    secretsKey,
    agentToken: tokens.get('cluster-prod-2') ?? '',
  };
}

/** By the version's own simulator, which has today's shape as far as the story uses it. */
async function startClusters({ folder }: Checkout): Promise<Stage['clusters']> {
  const file = pathToFileURL(join(folder, 'simulator', 'index.ts')).href;
  const { startCluster }: typeof import('../../simulator/index.ts') = await import(file);
  const start = (name: string): Promise<SimulatedCluster> => startCluster({ name, speed: 200, discovery: true });
  return {
    'cluster-prod-1': await start('cluster-prod-1'),
    'cluster-prod-2': await start('cluster-prod-2'),
    'cluster-acme': await start('cluster-acme'),
  };
}
