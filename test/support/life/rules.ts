/** What holds in every life, whatever others do. Each rule throws in words. */
import assert from 'node:assert/strict';
import type { Free } from '../kubernetes/free-object.ts';
import type { Doings } from './acts.ts';
import { hourMs, type Life, secondMs } from './scene.ts';

const isOpen = ({ phase }: { readonly phase?: string }) =>
  phase === undefined || phase === 'Pending' || phase === 'Running';
const trueOf = ({ conditions = [] }: Free, type: string): Free =>
  conditions.find((each: Free) => each.type === type && each.status === 'True');
const nameOf = ({ metadata }: Free): string => metadata.name;

export interface Rules {
  /** Directly after a delivery. */
  sent(life: Life): Promise<void>;
  /** After a step, when the service has had its minutes. */
  held(life: Life): Promise<void>;
  /** At the end, when everything is well again and people have done what they were told. */
  ended(life: Life): Promise<void>;
  readonly counts: { readonly ended: number; readonly deadlocks: number; readonly vanished: number };
}

export function rulesOf(doings: Doings): Rules {
  const ends = new Map<string, string>();
  const leaving = new Set<string>();
  const tied = new Map<string, number>();
  const [deadlocks, vanished] = [new Set<string>(), new Set<string>()];
  let wellSince = 0;

  const timesStand = (life: Life, rows: readonly Free[]) => {
    for (const { id, type, name, phase, started_at, finished_at } of rows) {
      if (isOpen({ phase })) continue;
      const what = `${type} ${name} ${phase}`;
      if (started_at !== null && finished_at !== null)
        assert.ok(started_at <= finished_at, `${what} starts after its end`);
      assert.ok(finished_at === null || finished_at.getTime() <= life.nowMs() + 2 * secondMs, `${what}: future`);
      const state = `${phase} ${started_at?.toISOString()} ${finished_at?.toISOString()}`;
      assert.equal(state, ends.get(id) ?? state, `${what} has other times`);
      ends.set(id, state);
    }
  };

  /** Two that wait for each other. */
  const tiedPairs = (life: Life): readonly (readonly [Free, Free])[] => {
    const blocked = new Map(
      life.there().flatMap((object) => {
        const other = /"([^"]+)"/.exec(trueOf(object.status ?? {}, 'Blocked')?.message ?? '')?.[1];
        return other === undefined ? [] : [[nameOf(object), { object, other }] as const];
      }),
    );
    return [...blocked].flatMap(([name, { object, other }]) => {
      const back = blocked.get(other);
      return back?.other === name && name < other ? [[object, back.object] as const] : [];
    });
  };

  const deadlocksAreTold = (life: Life, rows: readonly Free[], found: ReadonlySet<string>) => {
    const pairs = tiedPairs(life);
    const names = new Set(pairs.map((pair) => pair.map(nameOf).join(' ')));
    for (const known of [...tied.keys()]) if (!names.has(known)) tied.delete(known);
    for (const name of names) {
      const since = tied.get(name) ?? life.nowMs();
      tied.set(name, since);
      deadlocks.add(name);
      const parties = rows.filter((row) => name.split(' ').includes(row.name));
      if (parties.length > 0 && life.nowMs() - since > 5 * hourMs)
        assert.ok(
          parties.some(({ id }) => found.has(id)),
          `${name} block each other, and no finding says so`,
        );
    }
  };

  const pointsAreThere = async (life: Life) => {
    const copies = new Set(life.cluster.copies());
    for (const point of await life.recoveryPoints()) {
      const { backupName: name, goneAt, expiresAt } = point;
      if (goneAt !== undefined) vanished.add(name);
      if (copies.has(name)) {
        assert.ok(goneAt === undefined, `${name} is in the bucket, and counts as gone since ${goneAt}`);
        continue;
      }
      const isExpired = Date.parse(expiresAt) <= life.nowMs();
      const isRecent = life.nowMs() - Math.max(doings.removed.get(name) ?? 0, wellSince) < 20 * 60 * secondMs;
      if (!isExpired && !isRecent && point.knownFrom === 'Velero')
        assert.ok(goneAt !== undefined, `${name} is not in the bucket, and nothing says so`);
      assert.ok(isExpired || doings.removed.has(name), `${name} lives, and nobody took it from the bucket`);
    }
  };

  /** The resource of a Backup whose copy lives is not deleted by us: Velero's Backup goes with it. */
  const livingStay = (life: Life, rows: readonly Free[]) => {
    const there = new Set(life.there().map(nameOf));
    const copies = new Set(life.cluster.copies());
    for (const { name, type, phase, expires_at } of rows)
      if (type === 'Backup' && phase === 'Succeeded' && expires_at?.getTime() > life.nowMs() && copies.has(name))
        assert.ok(there.has(name) || doings.deleted.has(name), `the copy of ${name} lives, and its resource has left`);
  };

  const nothingIsForgotten = (life: Life, rows: readonly Free[], found: ReadonlySet<string>) => {
    for (const { id, type, name, phase, created_at } of rows)
      if (isOpen({ phase }) && life.nowMs() - created_at.getTime() > 31 * hourMs)
        assert.ok(found.has(id), `${type} ${name} is ${phase} since ${created_at.toISOString()}, without a finding`);
  };

  return {
    async sent(life) {
      const rows = await life.ours();
      const objects = life.there();
      const byName = new Map(rows.map((row) => [row.name, row]));
      for (const object of objects) {
        const name = nameOf(object);
        const row = byName.get(name);
        if (object.metadata.deletionTimestamp === undefined || leaving.has(object.metadata.uid)) continue;
        leaving.add(object.metadata.uid);
        if (row === undefined || doings.deleted.has(name) || row.cancel_requested_at !== null) continue;
        assert.ok(
          object.spec.type !== 'Restore' || object.status?.phase !== 'Running',
          `${name} runs, and was deleted by us`,
        );
        if (isOpen(object.status ?? {})) continue;
        const beside = objects.find(
          (other) =>
            other.spec.type !== object.spec.type &&
            isOpen(other.status ?? {}) &&
            byName.get(nameOf(other))?.phase !== undefined &&
            Date.parse(other.metadata.creationTimestamp) < Date.parse(object.metadata.deletionTimestamp) - 2 * secondMs,
        );
        assert.ok(beside === undefined, `${name} was deleted while ${beside && nameOf(beside)} is in flight`);
      }
      const there = new Set(objects.filter(({ status = {} }) => isOpen(status)).map(nameOf));
      const sent = rows.filter((row) => isOpen(row) && there.has(row.name));
      const restore = sent.find(({ type }) => type === 'Restore');
      const backup = sent.find(({ type }) => type === 'Backup');
      assert.ok(
        restore === undefined || backup === undefined,
        `${restore?.name} and ${backup?.name} are both in flight`,
      );
      for (const { name, phase, conditions } of rows) {
        const delivered = conditions.find(({ type }: Free) => type === 'Delivered');
        if (!isOpen({ phase }) || delivered?.reason !== 'ConflictingOperation') continue;
        const other = byName.get(/"([^"]+)"/.exec(delivered.message)?.[1] ?? '');
        assert.ok(
          other === undefined || !isOpen(other) || other.created_at > new Date(delivered.lastTransitionTime),
          `${name} was sent while ${other?.name} of ours was open`,
        );
      }
    },
    async held(life) {
      const rows = await life.ours();
      const found = new Set<string>((await life.findings()).map(({ resourceId }) => resourceId));
      if (doings.isAway || wellSince === 0) wellSince = life.nowMs();
      timesStand(life, rows);
      livingStay(life, rows);
      deadlocksAreTold(life, rows, found);
      nothingIsForgotten(life, rows, found);
      await pointsAreThere(life);
    },
    async ended(life) {
      const open = (await life.ours()).filter((row) => isOpen(row) && life.nowMs() - row.created_at.getTime() > hourMs);
      assert.deepEqual(
        open.map(({ type, name, phase, conditions }) => ({ type, name, phase, conditions })),
        [],
        'it has not ended, though people did what the findings say',
      );
      assert.deepEqual(
        tiedPairs(life).map((pair) => pair.map(nameOf)),
        [],
        'they block each other for ever',
      );
    },
    get counts() {
      return { ended: ends.size, deadlocks: deadlocks.size, vanished: vanished.size };
    },
  };
}
