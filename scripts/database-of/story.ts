/**
 * What happens to the database of the version before, in four runs of its service over one day. It ends in the night
 * in which Berlin's clocks go back: at 01:00 UTC they show 02:00 a second time.
 *
 *   24th 08:00   everything is made, backups are asked for and end in every way
 *        08:59   slots come while the service runs
 *        20:07   it was down for eleven hours: slots are late, skipped, coalesced, missed
 *   25th 00:29   the first 02:30 in Berlin; what is in flight and owed when the service stops
 *
 * Each run waits for what it names and for nothing else, so that what the story is for is in the database.
 */
import { until } from '../../test/support/until.ts';
import { createOperation } from './kubectl.ts';
import { act, makeSchedules } from './schedules.ts';
import { makeSetting } from './setting.ts';
import { accepted, ask, idOf, type Stage } from './stage.ts';
import { clusterIs, comesOut, hears, reaches, seen, settles } from './waits.ts';

const namespace = 'org-myteam';

export interface Scene {
  readonly at: string;
  play(stage: Stage): Promise<void>;
}

export const story: readonly Scene[] = [
  { at: '2026-10-24T08:00:00Z', play: beginning },
  { at: '2026-10-24T08:59:40Z', play: onTime },
  { at: '2026-10-24T20:07:00Z', play: afterDowntime },
  { at: '2026-10-25T00:29:30Z', play: firstHalfPastTwo },
];

/** When the answers are recorded: nothing of the story goes on. */
export const answeredAt = '2026-10-25T00:50:00.000Z';

async function beginning(stage: Stage): Promise<void> {
  const { admin, clusters } = stage;
  const prod = clusters['cluster-prod-1'];
  await makeSetting(stage);
  await makeSchedules(stage);
  for (const id of ['cluster-prod-1', 'cluster-prod-2']) {
    await accepted(admin.post(`/v1/clusters/${idOf(stage, id)}/check`));
    await clusterIs(stage, id, 'Watching');
  }

  await ask(stage, admin, 'nextcloud', 'nextcloud-by-hand', { ttl: '8760h' });
  await reaches(stage, admin, 'nextcloud-by-hand', 'Succeeded');
  for (const [outcome, name, phase] of [
    ['PartiallyFailed', 'wiki-partial', 'Succeeded'],
    ['Failed', 'wiki-failed', 'Failed'],
  ] as const) {
    prod.inject({ kind: 'backup', outcome, count: 1 });
    await ask(stage, admin, 'wiki', name);
    await reaches(stage, admin, name, phase);
  }
  prod.inject({ kind: 'deny', message: 'the policy of the platform refuses it', count: 1 });
  await ask(stage, admin, 'files', 'files-refused');
  await reaches(stage, admin, 'files-refused', 'Failed');
  const restore = { type: 'Restore', parameters: { backupName: 'nextcloud-by-hand', restorePVs: true } };
  await ask(stage, admin, 'nextcloud', 'nextcloud-restore', restore);
  await reaches(stage, admin, 'nextcloud-restore', 'Succeeded');
  prod.inject({ kind: 'backup', outcome: 'hang', count: 1 });
  await ask(stage, admin, 'mail', 'mail-cancelled');
  await reaches(stage, admin, 'mail-cancelled', 'Running');
  await cancel(stage, 'mail-cancelled');
  await ask(stage, admin, 'lost-db', 'lost-cancelled');
  await cancel(stage, 'lost-cancelled');

  for (const schedule of ['failing', 'failing', 'alerting']) {
    prod.inject({ kind: 'backup', outcome: 'Failed', count: 1 });
    stage.ids.set('crashed', (await act(stage, schedule, 'trigger', {})).id);
    await reaches(stage, admin, 'crashed', 'Failed');
  }
  await until('the failure policy', 30, async () => {
    const { body } = await admin.get(`/v1/schedules/${idOf(stage, 'failing')}`);
    return body.suspend === true;
  });

  await createOperation(prod, namespace, 'nextcloud-by-kubectl', 'nextcloud', { parameters: { ttl: '48h0m0s' } });
  await seen(stage, 'nextcloud-by-kubectl', 'Succeeded');
  prod.inject({ kind: 'backup', outcome: 'Failed', count: 1 });
  await createOperation(prod, namespace, 'wiki-by-kubectl', 'wiki');
  await seen(stage, 'wiki-by-kubectl', 'Failed');
  await hears(stage, admin, 'forum', 'AtRisk');
}

async function onTime(stage: Stage): Promise<void> {
  const { admin, clusters } = stage;
  clusters['cluster-prod-2'].inject({ kind: 'backup', outcome: 'hang', count: 1 });
  for (const schedule of ['half-hourly', 'once-past', 'removed', 'replacing', 'unreachable'])
    await comesOut(stage, admin, schedule, 'Fired');
  const [{ id }] = (await admin.get(`/v1/operations?scheduleId=${idOf(stage, 'replacing')}`)).body.items;
  stage.ids.set('replaced', id);
  await reaches(stage, admin, 'replaced', 'Running');
  await accepted(admin.remove(`/v1/schedules/${idOf(stage, 'removed')}`));
}

async function afterDowntime(stage: Stage): Promise<void> {
  const { admin, acme } = stage;
  await comesOut(stage, admin, 'half-hourly', 'Late');
  await comesOut(stage, admin, 'none', 'Skipped');
  await comesOut(stage, admin, 'deadline', 'Skipped');
  await comesOut(stage, admin, 'dark', 'Skipped');
  await comesOut(stage, admin, 'dimmed', 'Deferred');
  await comesOut(stage, admin, 'spread', 'Coalesced');
  await comesOut(stage, acme(), 'crm-often', 'Late');
  await reaches(stage, admin, 'replaced', 'Cancelled');
  await act(stage, 'resumed', 'resume', {});
  await act(stage, 'none', 'backfill', { from: '2026-10-24T10:00:00Z', to: '2026-10-24T11:30:00Z' });
  await act(stage, 'monthly', 'trigger', {});
  await accepted(acme().post(`/v1/clusters/${idOf(stage, 'cluster-acme')}/suspend`, { reason: 'new storage' }));
  await hears(stage, admin, 'lost-db', 'Breached');
  await hears(stage, admin, 'files', 'Protected');
}

async function firstHalfPastTwo(stage: Stage): Promise<void> {
  const { admin, acme, clusters, url } = stage;
  const [prod, other] = [clusters['cluster-prod-1'], clusters['cluster-prod-2']];
  other.postEvents({ url, token: stage.tokens.get('cluster-prod-2') ?? '', batchMs: 150 });
  for (const condition of ['Watching', 'AgentConnected']) await clusterIs(stage, 'cluster-prod-2', condition);
  other.inject({ kind: 'backup', outcome: 'hang', count: 1 });
  stage.ids.set('ledger-hangs', (await act(stage, 'waiting', 'trigger', {})).id);
  await reaches(stage, admin, 'ledger-hangs', 'Running');
  for (const schedule of ['half-hourly', 'nightly']) await comesOut(stage, admin, schedule, 'Fired');
  await comesOut(stage, admin, 'waiting', 'Deferred');
  await comesOut(stage, acme(), 'crm-often', 'Skipped');
  await createOperation(other, namespace, 'orders-by-kubectl', 'orders-db');
  await seen(stage, 'orders-by-kubectl', 'Running', 'Pending');

  await repeatably(stage, 'admin', '/v1/operations', {
    ...{ applicationInstanceId: idOf(stage, 'mail'), type: 'Backup', name: 'mail-once' },
  });
  await repeatably(stage, 'admin', '/v1/api-keys', { name: 'made once', scopes: ['operations:read'] });
  await repeatably(stage, 'acme', '/v1/schedules', {
    ...{ applicationInstanceId: idOf(stage, 'crm-db'), name: 'made-once', schedule: '0 1 * * 0' },
  });
  await settles(stage, admin, ['ledger-hangs', 'orders-by-kubectl', ...(await undeliverable(stage))]);
  await prod.stop();
  await ask(stage, admin, 'forum', 'forum-owed');
  await ask(stage, admin, 'lost-db', 'lost-owed');
  await until('the calls that fail', 30, async () => {
    const { body } = await admin.get(`/v1/operations/${idOf(stage, 'forum-owed')}`);
    return body.conditions.some(({ type }: { type: string }) => type === 'Delivered');
  });
}

/** Operations that wait for the cluster that is gone. */
async function undeliverable(stage: Stage): Promise<readonly string[]> {
  const path = `/v1/operations?phase=Pending&clusterId=${idOf(stage, 'cluster-gone')}`;
  const { items } = (await stage.admin.get(path)).body;
  for (const { id, name } of items) stage.ids.set(name, id);
  return items.map(({ name }: { name: string }) => name);
}

async function cancel(stage: Stage, name: string): Promise<void> {
  await accepted(stage.admin.post(`/v1/operations/${idOf(stage, name)}/cancel`));
  await reaches(stage, stage.admin, name, 'Cancelled');
}

/** A POST with an Idempotency-Key, kept with its answer. */
async function repeatably(stage: Stage, as: 'admin' | 'acme', path: string, body: object): Promise<void> {
  const key = `once ${path}`;
  const api = as === 'admin' ? stage.admin : stage.acme();
  const { status, body: answer } = await api.post(path, body, { 'Idempotency-Key': key });
  if (status !== 201) throw new Error(`${status}: ${JSON.stringify(answer)}`);
  stage.repeatable.push({ as, path, key, body, status, answer });
}
