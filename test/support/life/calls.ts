/** What the service may send to the cluster: judged at the moment of the call, by what it has recorded by then. */
import assert from 'node:assert/strict';
import type { Free } from '../kubernetes/free-object.ts';
import { type Heard, isInFlight, type Life, namespace, secondMs } from './scene.ts';

const conflicting: Readonly<Record<string, string>> = { Backup: 'Restore', Restore: 'Backup' };
const ended: readonly unknown[] = ['Completed', 'PartiallyFailed', 'Failed', 'FailedValidation'];
/** What others make is recorded once the watch has told of it. */
const recordedWithinMs = 120 * secondMs;

/** Of another Operation of the same target: it was sent, or is being sent, and has not ended. */
function isBeside(row: Free, other: Free, nowMs: number): boolean {
  const isOld = other.origin !== 'cluster' || nowMs - other.created_at.getTime() > recordedWithinMs;
  return (
    other.id !== row.id &&
    other.namespace === row.namespace &&
    other.target === row.target &&
    isInFlight(other) &&
    isOld
  );
}

async function appliedProblem(life: Life, row: Free, rows: readonly Free[]): Promise<string | undefined> {
  if (row.uid !== null || row.unanswered > 1) return undefined;
  const other = rows.find(
    (each) =>
      isBeside(row, each, life.nowMs()) &&
      each.type === conflicting[row.type] &&
      (each.uid !== null || each.unanswered > 0),
  );
  return other && `${row.type} ${row.name} is sent while ${other.type} ${other.name} is open`;
}

function removedProblem(life: Life, row: Free, rows: readonly Free[]): string | undefined {
  const object = life.there().find(({ metadata }) => metadata.name === row.name && metadata.uid === row.uid);
  if (object === undefined || row.cancel_requested_at !== null) return undefined;
  if (isInFlight(object.status)) {
    // The operator leaves what Velero refused Running.
    const engine = life.cluster.get('restores', 'velero', row.name) as Free;
    const isWorkedOn = engine !== undefined && !ended.includes(engine.status?.phase);
    const isHalf = object.spec.type === 'Restore' && object.status?.phase === 'Running' && isWorkedOn;
    return isHalf ? `${row.name} runs, and is deleted by us` : undefined;
  }
  const other = rows.find((each) => isBeside(row, each, life.nowMs()) && (each.uid !== null || each.attempts > 0));
  return other && `${row.type} ${row.name}, which has ended, is deleted while ${other.type} ${other.name} is in flight`;
}

export function callRules(): Heard {
  const problems: string[] = [];
  const problemOf = { apply: appliedProblem, remove: removedProblem };
  return {
    async calling(life, verb, resource) {
      const rows = await life.rows();
      const row = rows.find(({ name, origin }) => name === resource.name && origin !== 'cluster');
      if (row === undefined || resource.namespace !== namespace) return;
      const problem = await problemOf[verb](life, row, rows);
      if (problem !== undefined) problems.push(problem);
    },
    async sent(life) {
      assert.deepEqual(problems, []);
      const rows = await life.ours();
      const byName = new Map(rows.map((row) => [row.name, row]));
      const there = new Set(
        life.there().flatMap(({ status, metadata }) => (isInFlight(status) ? [metadata.name] : [])),
      );
      const sent = rows.filter((row) => isInFlight(row) && there.has(row.name));
      const restore = sent.find(({ type }) => type === 'Restore');
      const backup = sent.find(({ type }) => type === 'Backup');
      assert.ok(
        restore === undefined || backup === undefined,
        `${restore?.name} and ${backup?.name} are both in flight`,
      );
      for (const { name, phase, conditions } of rows) {
        const delivered = conditions.find(({ type }: Free) => type === 'Delivered');
        if (!isInFlight({ phase }) || delivered?.reason !== 'ConflictingOperation') continue;
        const other = byName.get(/"([^"]+)"/.exec(delivered.message)?.[1] ?? '');
        assert.ok(
          other === undefined || !isInFlight(other) || other.created_at > new Date(delivered.lastTransitionTime),
          `${name} was sent while ${other?.name} of ours was open`,
        );
      }
    },
  };
}
