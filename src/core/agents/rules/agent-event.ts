/**
 * The events that a cluster's agent posts, as the agent protocol defines them. Only the fields that are named here are
 * ever read. An event may carry live secrets beside them (`managedStorage`), which are gone with the raw body.
 *
 * An event states a condition of a resource and since when it holds, and nothing more. So each condition is a fact by
 * itself. Key, type, status, reason and transition time tell facts apart.
 */
import { z } from 'zod';
import { sift } from '../../kernel/rules/broken/bad-rows.ts';
import { clip, storableText } from '../../kernel/rules/condition.ts';
import { statedInstant } from '../../time/rules/instants.ts';

const maxConditionCount = 32;
/** A cluster's clock may be ahead by this. A time that is later still counts as now. */
const clockSkewMs = 3_600_000;

const Name = z.string().max(316).transform(storableText);
const Text = z.string().transform((text) => clip(storableText(text)));
const Generation = z.int().min(0);

/** `factsOf` judges its bounds: a time that is out of them says nothing against the event. */
const AgentInstant = z.iso.datetime({ offset: true }).meta({
  id: 'AgentInstant',
  description: 'A moment in time (RFC 3339), as an agent states it. One out of the years 1970 to 2999 counts as now.',
  example: '2026-05-28T10:00:00Z',
});

const AgentResourceRef = z
  .object({
    apiVersion: Name,
    kind: Name,
    namespace: Name.nullish(),
    name: Name,
    uid: Name.nullish(),
    generation: Generation.nullish(),
  })
  .meta({
    id: 'AgentResourceRef',
    description: 'The resource that an event is about. It is in the cluster of the token.',
  });

const AgentCondition = z
  .object({
    type: z.string().min(1).max(316).transform(storableText),
    status: z.enum(['True', 'False', 'Unknown']),
    reason: Text.nullish().describe('The service cuts it to 1 KiB.'),
    message: Text.nullish().describe('The service cuts it to 1 KiB.'),
    lastTransitionTime: AgentInstant.nullish().describe(
      'When the status last changed. Default: the timestamp of the event.',
    ),
    observedGeneration: Generation.nullish(),
  })
  .meta({ id: 'AgentCondition', description: 'A condition (metav1.Condition) as an agent posts it.' });
type AgentCondition = z.infer<typeof AgentCondition>;

export const AgentEvent = z
  .object({
    eventKey: z
      .string()
      .max(2048)
      .nullish()
      .describe(
        'Events with the same key, reason and transition time are the same event. Default: a key made from the resource and the condition.',
      ),
    kind: Name.describe(
      'ConditionTransition, ClusterHeartbeat, CredentialRotated, BufferOverflow, OperationAccepted, OperationBlocked, OperationRunning, OperationSucceeded or OperationFailed. The service accepts other kinds and ignores them.',
    ),
    resourceRef: AgentResourceRef,
    conditions: z
      .array(AgentCondition)
      .max(maxConditionCount)
      .nullish()
      .describe(
        'The service takes each condition by itself. Without any, the kind of an event about an Operation implies one.',
      ),
    timestamp: AgentInstant,
  })
  .meta({
    id: 'AgentEvent',
    description: 'One event. The service never reads fields that are not named here.',
  });
export type AgentEvent = z.infer<typeof AgentEvent>;

/** For the document. A batch is read event by event (read-events.ts). */
export const AgentEvents = z.object({ events: z.array(AgentEvent) }).meta({
  id: 'AgentEvents',
  description: 'A batch of at most 100 events, in any order. A repeated event does no harm.',
});

export interface FactRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | undefined;
  readonly generation: number | undefined;
}

export interface FactCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

export interface AgentFact {
  readonly about: 'Operation' | 'ApplicationInstance' | 'BufferOverflow' | 'CredentialRotated';
  /** The same for every repetition of this fact, and for no other fact. */
  readonly identity: string;
  readonly ref: FactRef;
  readonly condition: FactCondition;
}

export interface AgentBatch {
  readonly heartbeat: boolean;
  /** Oldest first: by generation, transition time, timestamp. */
  readonly facts: readonly AgentFact[];
  /** How many events state something that no fact can be made of. */
  readonly unreadableCount: number;
}

/** The reason of a condition that only the kind of an event implies. The cluster's own reason replaces it. */
export const impliedReason = 'ToldByEvent';
const impliedTypes: Readonly<Record<string, string>> = {
  OperationAccepted: 'Accepted',
  OperationBlocked: 'Blocked',
  OperationRunning: 'Running',
  OperationSucceeded: 'Succeeded',
  OperationFailed: 'Failed',
};

/** The facts of a batch, and whether it contains a heartbeat. */
export function factsOf(events: readonly AgentEvent[], now: string): AgentBatch {
  const { made, bad } = sift(events, (event) =>
    factsOfEvent(event, now).map((fact) => ({ fact, at: statedInstant(event.timestamp) ?? now })),
  );
  const dated = made.flat();
  const order = ({ fact, at }: (typeof dated)[number]) => [
    fact.condition.observedGeneration ?? 0,
    Date.parse(fact.condition.lastTransitionTime),
    Date.parse(at),
  ];
  return {
    heartbeat: events.some(({ kind }) => kind === 'ClusterHeartbeat'),
    facts: dated.toSorted((a, b) => compare(order(a), order(b))).map(({ fact }) => fact),
    unreadableCount: bad.length,
  };
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [at, value] of a.entries()) if (value !== b[at]) return value - (b[at] ?? 0);
  return 0;
}

function factsOfEvent(event: AgentEvent, now: string): readonly AgentFact[] {
  const { kind, conditions } = event;
  const stated = conditions ?? [];
  const overflow = stated.filter(({ type, status }) => type === 'BufferOverflow' && status === 'True');
  if (kind === 'BufferOverflow') return [factOf('BufferOverflow', event, conditionNamed(kind, event.timestamp), now)];
  if (overflow.length > 0) return overflow.map((condition) => factOf('BufferOverflow', event, condition, now));
  if (kind === 'CredentialRotated') return [factOf(kind, event, conditionNamed(kind, event.timestamp), now)];
  const about = aboutOf(event.resourceRef);
  const type = impliedTypes[kind];
  if (about === undefined || (kind !== 'ConditionTransition' && (type === undefined || about !== 'Operation')))
    return [];
  if (stated.length > 0) return stated.map((condition) => factOf(about, event, condition, now));
  return type === undefined ? [] : [factOf(about, event, conditionNamed(type, event.timestamp), now)];
}

function conditionNamed(type: string, timestamp: string): AgentCondition {
  return { type, status: 'True', reason: impliedReason, lastTransitionTime: timestamp };
}

function aboutOf({ apiVersion, kind }: AgentEvent['resourceRef']): 'Operation' | 'ApplicationInstance' | undefined {
  if (kind === 'Operation' && apiVersion.startsWith('ops.vworkspace.io/')) return kind;
  return kind === 'ApplicationInstance' && apiVersion.startsWith('apps.vworkspace.io/') ? kind : undefined;
}

function factOf(about: AgentFact['about'], event: AgentEvent, stated: AgentCondition, now: string): AgentFact {
  const { apiVersion, kind, namespace, name, uid, generation } = event.resourceRef;
  const { type, status, reason, message } = stated;
  const asStated = stated.lastTransitionTime ?? event.timestamp;
  const since = statedInstant(asStated) ?? now;
  const observedGeneration = stated.observedGeneration ?? generation ?? undefined;
  const key =
    event.eventKey ||
    `condition/${apiVersion}/${kind}/${namespace ?? ''}/${name}/${uid ?? ''}/${type}/${status}@${generation ?? ''}`;
  return {
    about,
    identity: JSON.stringify([key, type, status, reason ?? '', asStated]),
    ref: { namespace: namespace ?? '', name, uid: uid || undefined, generation: generation ?? undefined },
    condition: {
      type,
      status,
      reason: reason ?? '',
      message: message ?? '',
      lastTransitionTime: Date.parse(since) - Date.parse(now) > clockSkewMs ? now : since,
      ...(observedGeneration !== undefined && { observedGeneration }),
    },
  };
}
