/** Recovery points and protection, beside what is in the bucket and what Velero itself states of it. */
import assert from 'node:assert/strict';
import type { Free } from '../kubernetes/free-object.ts';
import type { Doings } from './doings.ts';
import { type Life, namespace, secondMs } from './scene.ts';

/** A copy that is away must be so for five minutes of a watch that is well. */
const noticedWithinMs = 20 * 60 * secondMs;
const usable = ['Completed', 'PartiallyFailed'];
const labelOf = ({ metadata }: Free): string | undefined => metadata.labels?.['ops.vworkspace.io/operation'];

/** What the rules read of one moment. */
interface Moment {
  readonly life: Life;
  readonly nowMs: number;
  /** Of all Operations of the application, whoever made them. */
  readonly rows: readonly Free[];
  readonly points: readonly Free[];
  readonly copies: ReadonlySet<string>;
  /** Velero's Backups by name, as far as their copies are there and they are of our Operations. */
  readonly words: ReadonlyMap<string, Free>;
  /** The copy of that name came or went so lately that nobody needs to know. */
  isNews(name: string): boolean;
}

function pointsAreThere({ points, copies, nowMs, isNews }: Moment, { moved }: Doings): void {
  for (const { backupName: name, goneAt, expiresAt, knownFrom } of points) {
    if (copies.has(name)) {
      assert.ok(goneAt === undefined || isNews(name), `${name} is in the bucket, and counts as gone since ${goneAt}`);
      continue;
    }
    const isExpired = Date.parse(expiresAt) <= nowMs;
    if (!isExpired && !isNews(name) && knownFrom === 'Velero')
      assert.ok(goneAt !== undefined, `${name} is not in the bucket, and nothing says so`);
    assert.ok(isExpired || moved.has(name), `${name} lives, and nobody took it from the bucket`);
  }
}

/** No copy is forgotten that could be restored. */
function copiesAreListed({ rows, points, words, nowMs, isNews }: Moment): void {
  const listed = new Set(points.map(({ backupName }) => backupName));
  for (const { type, name, phase, contradiction, expires_at } of rows) {
    if (type !== 'Backup' || (phase !== 'Succeeded' && contradiction?.phase !== 'Succeeded')) continue;
    const expiresMs = Math.min(expires_at.getTime(), Date.parse(words.get(name)?.status.expiration ?? ''));
    if (expiresMs > nowMs && !isNews(name)) assert.ok(listed.has(name), `${name} is in the bucket, and is not listed`);
  }
}

function timesAreVeleros({ points, words }: Moment): void {
  for (const { backupName: name, knownFrom, startedAt, finishedAt, expiresAt } of points) {
    const { status } = words.get(name) ?? {};
    if (knownFrom !== 'Velero' || !usable.includes(status?.phase)) continue;
    const { startTimestamp, completionTimestamp, expiration } = status;
    assert.deepEqual(
      [startedAt, finishedAt, expiresAt].map(Date.parse),
      [startTimestamp, completionTimestamp, expiration].map(Date.parse),
      `the times of ${name} are not Velero's`,
    );
  }
}

async function protectionIsTrue({ life, rows, points, copies, words, nowMs, isNews }: Moment): Promise<void> {
  if (!life.readsVelero) return;
  const path = `/v1/application-instances/${life.applicationInstanceId}/protection`;
  const { status, reason, lastGoodCopy } = (await life.api.call('GET', path)).body;
  const last = rows.find(({ id }) => id === lastGoodCopy?.operationId);
  const isThere = (name: string) => copies.has(name) || isNews(name);
  if (last !== undefined && Date.parse(lastGoodCopy.expiresAt) > nowMs)
    assert.ok(isThere(last.name), `the last good copy is ${last.name}, and is not in the bucket`);
  assert.ok(
    status !== 'Protected' || points.some(({ backupName }) => isThere(backupName)),
    `${status} by ${reason}, without a copy in the bucket`,
  );
  const good = rows.filter(({ name, type, phase, expires_at }) => {
    const word = words.get(name)?.status;
    const expiresMs = Math.min(expires_at?.getTime(), Date.parse(word?.expiration));
    return (
      type === 'Backup' && phase === 'Succeeded' && word?.phase === 'Completed' && expiresMs > nowMs && !isNews(name)
    );
  });
  const newest = good
    .map(({ id }) => id)
    .sort()
    .at(-1);
  if (newest !== undefined)
    assert.ok(
      last !== undefined && last.id >= newest,
      `the last good copy is ${last?.name}, although ${rows.find(({ id }) => id === newest)?.name} is there`,
    );
}

export interface CopyRules {
  held(life: Life): Promise<void>;
  readonly vanishedCount: number;
}

export function copyRules(doings: Doings): CopyRules {
  const vanished = new Set<string>();
  return {
    async held(life) {
      const nowMs = life.nowMs();
      const rows = (await life.rows()).filter((row) => row.namespace === namespace);
      const copies = new Set(life.cluster.copies());
      const uids = new Map(rows.map(({ name, uid }) => [name, uid]));
      const words = life
        .backups()
        .filter(
          (word) => copies.has(word.metadata.name) && [undefined, uids.get(word.metadata.name)].includes(labelOf(word)),
        )
        .map((word) => [word.metadata.name, word] as const);
      const { availableSince = nowMs } = doings;
      const points = await life.recoveryPoints();
      const moment: Moment = {
        ...{ life, nowMs, rows, points, copies, words: new Map(words) },
        isNews: (name) => nowMs - Math.max(doings.moved.get(name) ?? 0, availableSince) < noticedWithinMs,
      };
      for (const { backupName, goneAt } of points) if (goneAt !== undefined) vanished.add(backupName);
      pointsAreThere(moment, doings);
      copiesAreListed(moment);
      timesAreVeleros(moment);
      await protectionIsTrue(moment);
    },
    get vanishedCount() {
      return vanished.size;
    },
  };
}
