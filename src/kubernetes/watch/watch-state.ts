/**
 * How the watch of a cluster stands as a whole, put together from its parts (a kind in a namespace, or in the whole
 * cluster). Nothing is told before every part has had its say. What the cluster refuses limits the watch; only when no
 * Operations can be followed at all is that an interruption, as everything that passes is.
 */
import type { ClusterFailure } from '../../core/clusters/rules/failure.ts';
import type { FollowedResource, WatchLimit, WatchState } from '../../core/observation/ports.ts';

/** What a part is doing: followed, listed now and then for want of connections, or neither, for a reason. */
export type Standing =
  | { readonly kind: 'Followed' }
  | { readonly kind: 'Polled'; readonly message: string }
  | { readonly kind: 'Failed'; readonly failure: ClusterFailure };

export interface Part {
  tell(standing: Standing): Promise<void>;
  /** It has no say any more, until it tells again. */
  leave(): Promise<void>;
}

export interface Standings {
  join(resource: FollowedResource, namespace?: string): Part;
}

interface Member {
  readonly resource: FollowedResource;
  readonly namespace: string | undefined;
  standing?: Standing;
}

const maxLimitCount = 100;

/** `tell` gets a state when it changes, and again after `repeatSeconds`; it must not reject. */
export function standingsTo(tell: (state: WatchState) => Promise<void>, repeatSeconds: number): Standings {
  const members = new Set<Member>();
  let told = '';
  let toldAt = 0;
  const review = async () => {
    const state = stateOf([...members]);
    if (state === undefined) return;
    const text = JSON.stringify(state);
    if (text === told && performance.now() - toldAt < repeatSeconds * 1000) return;
    told = text;
    toldAt = performance.now();
    await tell(state);
  };
  return {
    join(resource, namespace) {
      const member: Member = { resource, namespace };
      members.add(member);
      return {
        async tell(standing) {
          member.standing = standing;
          members.add(member);
          await review();
        },
        async leave() {
          if (members.delete(member)) await review();
        },
      };
    },
  };
}

/** `undefined` while there is nothing to tell yet. */
function stateOf(members: readonly Member[]): WatchState | undefined {
  const failed = members.flatMap(({ standing }) => (standing?.kind === 'Failed' ? [standing.failure] : []));
  const passing = failed.find((failure) => failure.kind !== 'Refused');
  if (passing !== undefined) return { kind: 'Interrupted', failure: passing };
  const operations = members.filter(({ resource }) => resource === 'operations');
  const [first] = operations.map(({ standing }) => (standing?.kind === 'Failed' ? standing.failure : undefined));
  if (first !== undefined && operations.every(({ standing }) => standing?.kind === 'Failed'))
    return { kind: 'Interrupted', failure: first };
  if (operations.length === 0 || members.some(({ standing }) => standing === undefined)) return undefined;
  const limited = members.flatMap(limitOf).slice(0, maxLimitCount);
  return { kind: 'Watching', ...(limited.length > 0 && { limited }) };
}

function limitOf({ resource, namespace, standing }: Member): readonly WatchLimit[] {
  const what = { resource, ...(namespace !== undefined && { namespace }) };
  if (standing?.kind === 'Polled') return [{ ...what, reason: 'Polled', message: standing.message }];
  return standing?.kind === 'Failed' ? [{ ...what, reason: 'Refused', message: standing.failure.message }] : [];
}
