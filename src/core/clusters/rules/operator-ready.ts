/**
 * The condition OperatorReady: how it is known that the operator of a cluster takes Operations, or does not.
 *
 *   False     the cluster does not serve Operations · the webhook does not answer · the operator states that its controllers
 *             are not healthy · it has left Operations of ours without a word
 *   True      its webhook answers · or, where the webhook is off, it did something lately: a heartbeat of its agent, a
 *             status that changed, a condition of its own resource Cluster
 *   Unknown   neither is known. A dry run that passes says nothing where nobody checks it, and a condition that was stated
 *             long ago stands there after the operator has died as well
 *
 * A check finds it out. In between a delivery moves it at once: one that the webhook failed makes it False, and one that
 * passed the webhook makes it True again.
 */
import { clip, type ReportedCondition } from '../../kernel/rules/condition.ts';
import { inWords } from '../../kernel/rules/duration.ts';
import type { Cluster } from './cluster.ts';
import type { Discovery } from './discovery.ts';
import type { Answered, ClusterFailure } from './failure.ts';
import { clusterCondition, type clusterConditions } from './reasons.ts';

type Reasons = (typeof clusterConditions)['OperatorReady']['reasons'];

/** What the operator has done, or not, as the record knows it. */
export interface OperatorSigns {
  /** When its agent last posted a heartbeat. */
  readonly heartbeatAt?: string | undefined;
  /** When it last changed the status of an Operation or an application. */
  readonly changedAt?: string | undefined;
  /** Operations that the cluster has had for two minutes, and of which the operator has stated nothing. */
  readonly unansweredCount: number;
  readonly unansweredSince?: string | undefined;
}

/** How long ago a sign of life may be. An operator without work gives few. */
const aliveSeconds = 900;
/** How long an operator may leave an Operation without a word. It looks at a new one at once. */
export const silentSeconds = 120;

function ready(status: ReportedCondition['status'], reason: keyof Reasons, message: string): ReportedCondition {
  return clusterCondition('OperatorReady', status, reason, clip(message), '');
}

/** After a check that the cluster answered. Give the results of this check only. */
export function operatorReady(discovered: Discovery, signs: OperatorSigns, now: string): ReportedCondition {
  const { customResources, webhook, operator } = discovered;
  const operations = customResources.items?.find(({ resource }) => resource === 'operations');
  if (customResources.status === 'Known' && !operations?.versions.includes('v1alpha1'))
    return ready('False', 'CrdMissing', 'The cluster does not serve ops.vworkspace.io/v1alpha1 operations.');
  if (webhook.answers === false) return ready('False', 'WebhookFailing', webhook.message ?? '');
  const stated = (operator.items ?? []).flatMap(({ conditions }) => conditions);
  const health = stated.filter(({ type }) => type === 'ControllersHealthy');
  const unhealthy = health.find(({ status }) => status === 'False');
  if (unhealthy !== undefined)
    return ready('False', 'ControllersUnhealthy', `${unhealthy.reason}: ${unhealthy.message}`);
  const { unansweredCount, unansweredSince } = signs;
  if (unansweredSince !== undefined)
    return ready(
      'False',
      'OperationsUnanswered',
      `The operator has stated nothing of ${unansweredCount} Operations that the cluster has, the first since ${unansweredSince}. Look whether its controllers run.`,
    );
  const healthy = health.some(({ status }) => status === 'True');
  if (webhook.answers === true) {
    const rest = healthy
      ? 'Its controllers are healthy.'
      : `Whether its controllers are healthy is not known: ${operator.problem ?? 'it states no condition ControllersHealthy'}`;
    return ready('True', 'Answers', `Operations pass admission. ${rest}`);
  }
  const unasked = webhook.problem ?? customResources.problem ?? 'it was not asked';
  const how = webhook.status === 'Absent' ? unasked : `Its webhook was not tried: ${unasked}`;
  const last = lastSign(
    signs,
    stated.map(({ lastTransitionTime }) => lastTransitionTime),
  );
  if (last === undefined) return ready('Unknown', 'NotAsked', `${how} The operator was never seen to do anything.`);
  const ageSeconds = (Date.parse(now) - Date.parse(last.at)) / 1000;
  if (ageSeconds <= aliveSeconds) return ready('True', 'Alive', `${last.what} at ${last.at}. ${how}`);
  const longAgo = `The last sign of the operator is from ${last.at}, ${inWords(ageSeconds)} ago (${last.what.toLowerCase()})`;
  return ready('Unknown', 'NoSignOfLife', `${longAgo}, so it may have died since. ${how}`);
}

/** After a check that failed as a whole. */
export function operatorUnknown(failure: ClusterFailure): ReportedCondition {
  return ready('Unknown', failure.kind, failure.message);
}

function lastSign(
  { heartbeatAt, changedAt }: OperatorSigns,
  transitions: readonly string[],
): { readonly at: string; readonly what: string } | undefined {
  const signs = [
    { at: heartbeatAt, what: 'Its agent posted a heartbeat' },
    { at: changedAt, what: 'It changed a status' },
    ...transitions.map((at) => ({
      at: new Date(at).toISOString(),
      what: 'It stated a condition of its resource Cluster',
    })),
  ];
  return signs
    .flatMap(({ at, what }) => (at === undefined ? [] : { at, what }))
    .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
}

/** After calls of a delivery, in their order; `undefined` when they say nothing new. */
export function operatorReadyAfter(
  answers: readonly Answered[],
  { conditions, discovery }: Pick<Cluster, 'conditions' | 'discovery'>,
): ReportedCondition | undefined {
  const spoke = answers.findLast((answer) => answer.kind === 'Applied' || failing(answer) !== undefined);
  if (spoke === undefined) return undefined;
  const failed = failing(spoke);
  if (failed !== undefined) return failed;
  const known = conditions.find(({ type }) => type === 'OperatorReady');
  const wasFailing = known?.status === 'False' && (known.reason === 'WebhookFailing' || known.reason === 'CrdMissing');
  return wasFailing && discovery?.webhook.status !== 'Absent'
    ? ready('True', 'Answers', 'Operations pass admission: the last one did.')
    : undefined;
}

function failing(answer: Answered): ReportedCondition | undefined {
  if (answer.kind === 'ServerError' && answer.webhookFailing === true)
    return ready('False', 'WebhookFailing', answer.message);
  return answer.kind === 'Refused' && answer.reason === 'CrdMissing'
    ? ready('False', 'CrdMissing', answer.message)
    : undefined;
}
