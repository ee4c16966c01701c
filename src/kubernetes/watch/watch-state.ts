/**
 * The state of the watch of a cluster, combined from the states of its parts (a kind in a namespace, or in the whole
 * cluster). The watch is not reported as Watching before every part has reported. A part that the cluster refuses
 * limits the watch. The watch is interrupted when the needed kind cannot be followed at all (Operations, if none is
 * named), or while a part has a failure that passes.
 */
import type { ClusterFailure } from '../../core/clusters/rules/failure.ts';
import type { FollowedResource, WatchLimit, WatchState } from '../../core/observation/ports.ts';

/** A part is followed, or listed now and then because no connection is left to watch it, or neither, for a reason. */
export type PartState =
  | { readonly kind: 'Followed' }
  | { readonly kind: 'Polled'; readonly message: string }
  | { readonly kind: 'Failed'; readonly failure: ClusterFailure };

export interface WatchPart {
  report(state: PartState): Promise<void>;
  /** The part does not count any more, until it reports again. */
  leave(): Promise<void>;
}

export interface WatchParts {
  join(resource: FollowedResource, namespace?: string): WatchPart;
}

interface Member {
  readonly resource: FollowedResource;
  readonly namespace: string | undefined;
  state?: PartState;
}

const maxLimitCount = 100;

/**
 * `report` gets a state when it changes, and again after `repeatSeconds`; it must not reject. `needed` is the kind without
 * which nothing is followed.
 */
export function watchParts(
  report: (state: WatchState) => Promise<void>,
  repeatSeconds: number,
  needed: FollowedResource = 'operations',
): WatchParts {
  const members = new Set<Member>();
  let reported = '';
  let reportedAt = 0;
  const review = async () => {
    const state = stateOf([...members], needed);
    if (state === undefined) return;
    const text = JSON.stringify(state);
    if (text === reported && performance.now() - reportedAt < repeatSeconds * 1000) return;
    reported = text;
    reportedAt = performance.now();
    await report(state);
  };
  return {
    join(resource, namespace) {
      const member: Member = { resource, namespace };
      members.add(member);
      return {
        async report(state) {
          member.state = state;
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

/** `undefined` while there is nothing to report yet. */
function stateOf(members: readonly Member[], needed: FollowedResource): WatchState | undefined {
  const failed = members.flatMap(({ state }) => (state?.kind === 'Failed' ? [state.failure] : []));
  const passing = failed.find((failure) => failure.kind !== 'Refused');
  if (passing !== undefined) return { kind: 'Interrupted', failure: passing };
  const main = members.filter(({ resource }) => resource === needed);
  const [first] = main.map(({ state }) => (state?.kind === 'Failed' ? state.failure : undefined));
  if (first !== undefined && main.every(({ state }) => state?.kind === 'Failed'))
    return { kind: 'Interrupted', failure: first };
  if (main.length === 0 || members.some(({ state }) => state === undefined)) return undefined;
  const limited = members.flatMap(limitOf).slice(0, maxLimitCount);
  return { kind: 'Watching', ...(limited.length > 0 && { limited }) };
}

function limitOf({ resource, namespace, state }: Member): readonly WatchLimit[] {
  const what = { resource, ...(namespace !== undefined && { namespace }) };
  if (state?.kind === 'Polled') return [{ ...what, reason: 'Polled', message: state.message }];
  return state?.kind === 'Failed' ? [{ ...what, reason: 'Refused', message: state.failure.message }] : [];
}
