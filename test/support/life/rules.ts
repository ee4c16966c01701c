/** What holds in every life, whatever others do. Each rule throws in words. */
import assert from 'node:assert/strict';
import type { Free } from '../kubernetes/free-object.ts';
import { callRules } from './calls.ts';
import { copyRules } from './copies.ts';
import type { Doings } from './doings.ts';
import { type Heard, hourMs, isInFlight, type Life, secondMs } from './scene.ts';

const trueOf = ({ conditions = [] }: Free, type: string): Free =>
  conditions.find((each: Free) => each.type === type && each.status === 'True');
/** Ends that the service records by itself. */
const ourEnds = ['RunningTimeout', 'PendingTimeout', 'DeadlineExceeded', 'FailedValidation', 'ExternalDeletion'];
const nameOf = ({ metadata }: Free): string => metadata.name;

export interface Rules extends Heard {
  /** After a step, when the service has had its minutes. */
  held(life: Life): Promise<void>;
  /** At the end, when everything is well again and people have done what they were told. */
  ended(life: Life): Promise<void>;
  readonly counts: { readonly ended: number; readonly deadlocks: number; readonly vanished: number };
}

export function rulesOf(doings: Doings): Rules {
  const ends = new Map<string, string>();
  const expiries = new Map<string, Date | null>();
  const deadlocks = new Set<string>();
  const copies = copyRules(doings);

  const timesStand = (life: Life, rows: readonly Free[]) => {
    const words = new Map(life.backups().map((word) => [nameOf(word), word]));
    for (const { id, type, name, phase, started_at, finished_at, expires_at } of rows) {
      if (isInFlight({ phase })) continue;
      const what = `${type} ${name} ${phase}`;
      if (started_at !== null && finished_at !== null)
        assert.ok(started_at <= finished_at, `${what} starts after its end`);
      assert.ok(finished_at === null || finished_at.getTime() <= life.nowMs() + 2 * secondMs, `${what}: future`);
      const state = `${phase} ${started_at?.toISOString()} ${finished_at?.toISOString()}`;
      assert.equal(state, ends.get(id) ?? state, `${what} has other times`);
      ends.set(id, state);
      // Of a Backup that fails here the copy may come, and go, later.
      if (phase !== 'Succeeded') continue;
      // Velero may keep it for longer.
      const known = expiries.get(id) ?? expires_at;
      const veleros = words.get(name)?.status?.expiration;
      assert.ok(
        expires_at?.getTime() === known?.getTime() ||
          (expires_at > known && (veleros === undefined || expires_at <= new Date(veleros))),
        `${what} expires at ${expires_at?.toISOString()}, after ${known?.toISOString()}, and by Velero at ${veleros}`,
      );
      expiries.set(id, expires_at);
    }
  };

  /** The end is the one that the cluster stated, whatever the operator says when it looks again, and is not before Velero's. */
  const timesAreStated = (life: Life, rows: readonly Free[]) => {
    const objects = new Map(life.there().map((object) => [object.metadata.uid, object.status ?? {}]));
    const words = new Map(life.backups().map(({ metadata, status }) => [metadata.name, { metadata, status }]));
    for (const { type, name, uid, phase, started_at, finished_at, conditions } of rows) {
      const end = conditions.find((each: Free) => each.type === phase && each.status === 'True');
      if (isInFlight({ phase }) || ourEnds.includes(end?.reason)) continue;
      const status = objects.get(uid) ?? {};
      const isSameRun = Date.parse(status.startedAt) === started_at?.getTime();
      const stated = trueOf(status, phase)?.lastTransitionTime;
      if (isSameRun && stated !== undefined) {
        // What was given up here may fail there later.
        const isRight =
          phase === 'Failed' ? finished_at <= new Date(stated) : finished_at.getTime() === Date.parse(stated);
        assert.ok(isRight, `${type} ${name} ${phase} at ${stated}, and is recorded as ${finished_at.toISOString()}`);
      }
      const word = words.get(name);
      const { startTimestamp, completionTimestamp } = word?.status ?? {};
      if (word?.metadata.labels?.['ops.vworkspace.io/operation'] !== uid || completionTimestamp === undefined) continue;
      if (phase === 'Succeeded' && Date.parse(startTimestamp) <= finished_at.getTime())
        assert.ok(
          Date.parse(completionTimestamp) <= finished_at.getTime(),
          `${type} ${name} ended before its copy did`,
        );
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
    for (const pair of tiedPairs(life)) {
      const names = pair.map(nameOf);
      const since = Math.max(...pair.map(({ status }) => Date.parse(trueOf(status, 'Blocked').lastTransitionTime)));
      deadlocks.add(names.join(' '));
      const parties = rows.filter(({ name }) => names.includes(name));
      if (parties.length > 0 && life.nowMs() - since > 5 * hourMs)
        assert.ok(
          parties.some(({ id }) => found.has(id)),
          `${names} block each other, and no finding says so`,
        );
    }
  };

  /** The resource of a Backup whose copy lives is not deleted by us: Velero's Backup goes with it. */
  const livingStay = (life: Life, rows: readonly Free[]) => {
    const there = new Set(life.there().map(nameOf));
    const copies = new Set(life.cluster.copies());
    for (const { name, type, phase, expires_at } of rows)
      if (type === 'Backup' && phase === 'Succeeded' && expires_at?.getTime() > life.nowMs() && copies.has(name))
        assert.ok(
          there.has(name) || doings.deleted.has(name) || doings.moved.has(name),
          `the copy of ${name} lives, and its resource has left`,
        );
  };

  const nothingIsForgotten = (life: Life, rows: readonly Free[], found: ReadonlySet<string>) => {
    for (const { id, type, name, phase, created_at } of rows)
      if (isInFlight({ phase }) && life.nowMs() - created_at.getTime() > 31 * hourMs)
        assert.ok(found.has(id), `${type} ${name} is ${phase} since ${created_at.toISOString()}, without a finding`);
  };

  return {
    ...callRules(),
    async held(life) {
      const rows = await life.ours();
      const found = new Set<string>((await life.findings()).map(({ resourceId }) => resourceId));
      timesStand(life, rows);
      timesAreStated(life, rows);
      livingStay(life, rows);
      deadlocksAreTold(life, rows, found);
      nothingIsForgotten(life, rows, found);
      await copies.held(life);
    },
    async ended(life) {
      const open = (await life.ours()).filter(
        (row) => isInFlight(row) && life.nowMs() - row.created_at.getTime() > hourMs,
      );
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
      return { ended: ends.size, deadlocks: deadlocks.size, vanished: copies.vanishedCount };
    },
  };
}
