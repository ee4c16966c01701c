/**
 * Several connectors, as processes of their own, share the clusters: one that is killed, stopped for long, or closed
 * loses nothing, doubles nothing, and writes nothing late.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatedCluster } from '../../simulator/index.ts';
import { parallelCalls } from '../../src/core/delivery/deliver.ts';
import { assertAllApplied, startLandscape, wantBackup } from '../support/connectors.ts';
import { backends } from '../support/service.ts';
import { patience, until } from '../support/until.ts';

/** Applies of backups: looks at the cluster try one of another name, as a dry run. */
function appliedCount({ requests }: SimulatedCluster): number {
  return requests.log.filter(({ verb, name }) => verb === 'patch' && name?.includes('-backup-') === true).length;
}

describe('connectors', { concurrency: true }, () => {
  for (const backend of backends) {
    test(`the clusters of a killed connector are watched and delivered to by another within 15 s, with the queue on ${backend}`, async (t) => {
      const land = await startLandscape({ backend, clusterCount: 4 });
      t.after(() => land.close());
      const { places } = land;
      const first = await land.startConnector();
      await until('all to be watched', 20, async () => (await land.watched()) === places.length);
      const [stuck] = places;
      assert.ok(stuck);
      // A call that hangs: its cluster's job and its claims are the first connector's when it dies.
      stuck.cluster.inject({ kind: 'mute', verbs: ['patch'], resources: ['operations'] });
      const wanted = [await wantBackup(land, stuck), await wantBackup(land, stuck)];
      const patches = () => appliedCount(stuck.cluster);
      await until('the call that hangs', 20, async () => {
        const { rows } = await land.pool.query(
          'select count(*)::int as count from operation where lease_id is not null',
        );
        return rows[0].count > 0;
      });
      const second = await land.startConnector();
      await until('the second to hold its share', 30, async () => (await land.held()).get(second.id)?.length === 2);
      for (const place of places) wanted.push(await wantBackup(land, place));

      const before = await land.held();
      const orphans = places.filter(({ clusterId }) => before.get(first.id)?.includes(clusterId));
      const patchedBefore = patches();
      const killedAt = performance.now();
      const clock = Date.now();
      first.signal('SIGKILL');
      stuck.cluster.clearFaults();
      const seconds = { watched: 0, delivered: 0 };
      await Promise.all([
        until('the watches to begin anew', 30, () =>
          orphans.every(({ cluster }) =>
            cluster.requests.log.some(
              ({ verb, resource, at }) => verb === 'watch' && resource === 'operations' && at > clock,
            ),
          ),
        ).then(() => {
          seconds.watched = (performance.now() - killedAt) / 1000;
        }),
        until('the delivery', 30, () => patches() > patchedBefore).then(() => {
          seconds.delivered = (performance.now() - killedAt) / 1000;
        }),
        (async () => {
          for (const place of places) wanted.push(await wantBackup(land, place));
        })(),
      ]);
      t.diagnostic(`watched after ${seconds.watched.toFixed(1)} s, delivered after ${seconds.delivered.toFixed(1)} s`);
      assert.ok(seconds.watched < patience * 15, `watched after ${seconds.watched} s`);
      assert.ok(seconds.delivered < patience * 15, `delivered after ${seconds.delivered} s`);
      assert.equal((await land.held()).get(second.id)?.length, places.length);
      await until('every backup to end', 30, async () => {
        const { rows } = await land.pool.query(
          `select count(*)::int as count from operation where phase <> 'Succeeded'`,
        );
        return rows[0].count === 0;
      });
      await assertAllApplied(land, wanted);
    });
  }

  test('a connector that is stopped until another has its clusters sends and writes nothing old when it goes on', async (t) => {
    const land = await startLandscape({ backend: 'postgres', clusterCount: 2, speed: 1 });
    t.after(() => land.close());
    const [place] = land.places;
    assert.ok(place);
    const { cluster } = place;
    cluster.inject({ kind: 'mute', verbs: ['patch'], resources: ['operations'] });
    const wanted: string[] = [];
    // More than are called at once: the rest waits in the first connector, claimed.
    for (let n = 0; n < 2 * parallelCalls; n += 1) wanted.push(await wantBackup(land, place));
    const first = await land.startConnector();
    await until('the claims', 20, async () => {
      const { rows } = await land.pool.query('select count(*)::int as count from operation where lease_id is not null');
      return rows[0].count === wanted.length;
    });
    await until('a watch', 20, async () => (await land.watched()) > 0);
    first.signal('SIGSTOP');
    cluster.clearFaults();
    const second = await land.startConnector();
    await until('the second to hold everything', 30, async () => (await land.held()).get(second.id)?.length === 2);
    const resources = () => cluster.list('operations', 'org-myteam').length;
    await until('everything to be delivered', 30, () => resources() === wanted.length);
    for (const id of wanted) {
      const answer = await land.service.api.post(`/v1/operations/${id}/cancel`, {});
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
    }
    await until('everything to be gone', 30, () => resources() === 0);
    const state = async () => {
      const { rows } = await land.pool.query(
        `select o.id, o.revision, o.conditions, (select count(*) from event e where e.operation_id = o.id) as events,
           jsonb_path_query_array(c.conditions::jsonb, '$[*] ? (@.type == "Watching")') as watching
         from operation o join cluster c on c.id = o.cluster_id order by o.id`,
      );
      return JSON.stringify(rows);
    };
    await until('everything to have ended', 30, async () => {
      const { rows } = await land.pool.query(
        `select count(*)::int as count from operation where phase <> 'Cancelled' or owed is not null`,
      );
      return rows[0].count === 0;
    });

    // The second's watch tells of the deletions after its calls have.
    await until('the second to have told everything', 30, async () => {
      const then = await state();
      await sleep(2_000);
      return then === (await state());
    });

    const before = await state();
    const patched = () => appliedCount(cluster);
    const patchedBefore = patched();
    first.signal('SIGCONT');
    await until('the first to notice', 20, () => /leases ran out|another connector watches/.test(first.logged()));
    await until('the first to drop its claims', 20, () => /claims of deliveries were lost/.test(first.logged()));
    assert.equal(await state(), before, 'the first has written something');
    await until('the first to share again', 30, async () => (await land.held()).get(first.id)?.length === 1);
    assert.equal(resources(), 0, 'the first has brought back what was deleted');
    assert.equal(patched(), patchedBefore, 'the first has called');
  });

  test('clusters are shared evenly as connectors come and go, stay where they are then, and are listed when that is asked for', async (t) => {
    const land = await startLandscape({ backend: 'postgres', clusterCount: 3 });
    t.after(() => land.close());
    const shares = async () =>
      [...(await land.held()).values()]
        .map(({ length }) => length)
        .toSorted()
        .join();
    const epochs = async () =>
      JSON.stringify(
        (await land.pool.query('select cluster_id, connector_id, epoch from cluster_lease order by 1')).rows,
      );
    const first = await land.startConnector();
    await until('all to be held', 20, async () => (await shares()) === '3');
    const second = await land.startConnector();
    await until('two and one', 30, async () => (await shares()) === '1,2');
    const settled = await epochs();
    const renewed = async () => {
      const { rows } = await land.pool.query(`select min(expires_at) as at from connector`);
      return rows[0].at.getTime();
    };
    const since = await renewed();
    await until('three more rounds of both', 30, async () => (await renewed()) > since + 9_000);
    assert.equal(await epochs(), settled);

    second.signal('SIGTERM');
    await second.ended();
    assert.equal((await land.held()).get(second.id), undefined, 'a connector that is closed frees its clusters');
    await until('the first to hold all again', 20, async () => (await land.held()).get(first.id)?.length === 3);
    const { rows } = await land.pool.query('select max(epoch)::int as epoch from cluster_lease');
    assert.ok(rows[0].epoch <= 3);

    await until('all to be watched', 20, async () => (await land.watched()) === 3);
    const [place] = land.places;
    const lists = () =>
      place?.cluster.requests.log.filter(({ verb, resource }) => verb === 'list' && resource === 'operations').length ??
      0;
    const before = lists();
    await land.pool.query('update cluster set relist_revision = relist_revision + 1 where id = $1', [place?.clusterId]);
    await until('a list of the cluster for which one was asked', 20, () => lists() > before);
  });
});
