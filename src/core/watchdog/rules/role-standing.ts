/**
 * Whether a role of this process does its work, which is another question than whether the process serves requests: a
 * scheduler that has stopped firing answers requests as before.
 */
/** How one piece of work does in this process, by its own clock that is never set. */
export interface WorkStanding {
  readonly name: string;
  /** Since it last succeeded; `undefined` when it never has. */
  readonly succeededSecondsAgo: number | undefined;
  /** Since it last came to an end, well or not, or else since it was begun. */
  readonly silentSeconds: number;
}

/** The work without which a role is of no use. Names of tasks, and the two that have no row in the table of tasks. */
export const mainWork: Readonly<Record<'api' | 'scheduler' | 'connector', readonly string[]>> = {
  api: [],
  scheduler: ['tick'],
  connector: ['share-clusters', 'reconcile-watches', 'find-due-clusters'],
};

const roleTolerance = {
  /** A role says that it does not work when a part of its main work has not succeeded for so long. */
  idleSeconds: 60,
  /** Work that has not even failed for so long has lost its way in this process. A restart finds it again. */
  muteSeconds: 5 * 60,
} as const;

/** What is wrong with a piece of main work, for people; `undefined` when nothing is. */
export function idleness({ succeededSecondsAgo }: WorkStanding): string | undefined {
  if (succeededSecondsAgo === undefined) return 'It has not succeeded since the process started.';
  if (succeededSecondsAgo < roleTolerance.idleSeconds) return undefined;
  return `It last succeeded ${Math.floor(succeededSecondsAgo)} s ago.`;
}

/** The first piece of work that is mute, if any. Failing work is not: a restart would not make it succeed. */
export function muteWork(works: readonly WorkStanding[]): WorkStanding | undefined {
  return works.find(({ silentSeconds }) => silentSeconds >= roleTolerance.muteSeconds);
}
