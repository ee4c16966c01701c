/**
 * Three connectors under load, and something happens to one of them again and again: killed, stopped for as long as it
 * takes others to have its clusters, closed. In the end everything that was asked for is there, once.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertAllApplied, type ConnectorProcess, startLandscape, wantBackup } from '../support/connectors.ts';
import { backends } from '../support/service.ts';
import { until } from '../support/until.ts';

/** Each of the three things, twice. */
const rounds = 6;

describe('connectors', { concurrency: true }, () => {
  for (const backend of backends) {
    test(`connectors that are killed, stopped and closed ${rounds} times lose and double nothing, with the queue on ${backend}`, async (t) => {
      const land = await startLandscape({ backend, clusterCount: 6 });
      t.after(() => land.close());
      const connectors: ConnectorProcess[] = [];
      for (let n = 0; n < 3; n += 1) connectors.push(await land.startConnector());
      await until('all to be watched', 30, async () => (await land.watched()) === land.places.length);

      const wanted: string[] = [];
      let loading = true;
      const load = (async () => {
        while (loading) {
          for (const place of land.places) wanted.push(await wantBackup(land, place));
          await sleep(200);
        }
      })();
      const heldBy = async (id: string) => (await land.held()).get(id)?.length ?? 0;
      const longest = { killed: 0, closed: 0 };
      for (let round = 0; round < rounds; round += 1) {
        const [victim] = connectors.splice(Math.floor(Math.random() * connectors.length), 1);
        assert.ok(victim);
        const startedAt = performance.now();
        const seconds = () => (performance.now() - startedAt) / 1000;
        const allHeld = async () =>
          (await heldBy(victim.id)) === 0 && [...(await land.held()).values()].flat().length === land.places.length;
        const what = (['killed', 'closed', 'stopped'] as const)[round % 3];
        if (what === 'stopped') {
          victim.signal('SIGSTOP');
          await until('others to have its clusters', 30, allHeld);
          await sleep(Math.random() * 20_000);
          victim.signal('SIGCONT');
          connectors.push(victim);
        } else {
          victim.signal(what === 'killed' ? 'SIGKILL' : 'SIGTERM');
          await until('others to have its clusters', 30, allHeld);
          longest[what ?? 'killed'] = Math.max(longest[what ?? 'killed'], seconds());
          connectors.push(await land.startConnector());
        }
      }
      loading = false;
      await load;
      t.diagnostic(
        `${wanted.length} backups; clusters moved within ${longest.killed.toFixed(1)} s of a kill, ${longest.closed.toFixed(1)} s of a close`,
      );
      assert.ok(longest.killed < 15 && longest.closed < 15);
      await until('every backup to end', 120, async () => {
        const { rows } = await land.pool.query(
          `select count(*)::int as count from operation where phase <> 'Succeeded'`,
        );
        return rows[0].count === 0;
      });
      await assertAllApplied(land, wanted);
    });
  }
});
