/** What becomes of copies without the service: lifecycle rules, people, other clusters, a storage location that is away. */
import type { Doing, Doings } from './doings.ts';
import type { Life } from './scene.ts';

function take(life: Life, doings: Doings, names: readonly string[]): void {
  for (const name of names) {
    const copy = life.objectStorage.get('default', name);
    if (copy !== undefined) doings.taken.set(name, copy);
    doings.moved.set(name, life.nowMs());
    life.cluster.removeCopy(name);
  }
}

const picked = (life: Life, n: number): readonly string[] => {
  const copies = life.cluster.copies();
  return copies.slice(n % Math.max(1, copies.length)).slice(0, 1);
};

export const bucketActs = {
  location: [
    1,
    (life, _, doings) => {
      doings.availableSince = doings.availableSince === undefined ? life.nowMs() : undefined;
      life.cluster.setStorageLocation('default', doings.availableSince === undefined ? 'Unavailable' : 'Available');
    },
  ],
  removeCopy: [2, (life, n, doings) => take(life, doings, picked(life, n))],
  /** A lifecycle rule that is too strict takes many at once, or all. */
  removeCopies: [
    1,
    (life, n, doings) =>
      take(
        life,
        doings,
        life.cluster.copies().filter((_, at) => n % 2 === 0 || at % 3 < n % 4),
      ),
  ],
  /** As `velero backup delete` does, here or in another cluster that has the same bucket. */
  deleteCopy: [
    3,
    async (life, n, doings) => {
      for (const name of picked(life, n)) {
        const resource = life.backups().find(({ metadata }) => metadata.name === name);
        if (n % 2 === 0 && resource !== undefined) {
          const status = { ...resource.status, phase: 'Deleting' };
          life.cluster.put('backups', { ...resource, status });
        }
        take(life, doings, [name]);
        if (n % 2 === 0) await life.kubectl('DELETE', 'backups', name);
      }
    },
  ],
  /** One that had vanished is there again, as from a version of the bucket. */
  returnCopy: [
    2,
    (life, n, doings) => {
      const there = new Set(life.cluster.copies());
      const gone = [...doings.taken].filter(([name]) => !there.has(name));
      for (const [name, copy] of gone.slice(n % Math.max(1, gone.length)).slice(0, 1)) {
        doings.moved.set(name, life.nowMs());
        life.objectStorage.put(copy);
      }
    },
  ],
  /** A cluster that has the same bucket takes a backup of a namespace of the same name. */
  copyOfAnother: [1, ({ cluster }, n) => cluster.addCopy(`elsewhere-${n}`, { namespace: 'org-myteam' })],
} as const satisfies Readonly<Record<string, Doing>>;
