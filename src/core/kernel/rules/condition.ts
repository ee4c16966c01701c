/**
 * Conditions as Kubernetes has them (metav1.Condition), at most one of each type. A condition that a cluster states is
 * kept, even when its type or reason is unknown here. A condition of our own has a type and reason that a subject
 * declares, so that a reason without a text in the document does not compile.
 */
import { z } from 'zod';

export const Condition = z
  .object({
    type: z
      .string()
      .min(1)
      .max(316)
      .meta({ description: 'A CamelCase word, for example Delivered, Accepted, Running, Succeeded or Failed.' }),
    status: z.enum(['True', 'False', 'Unknown']),
    reason: z.string().max(1024).meta({
      description:
        'A CamelCase word for programs. Later versions may add reasons: treat an unknown one as information.',
    }),
    message: z
      .string()
      .max(32768)
      .meta({ description: 'For people. A text of the cluster is passed on in its own words, cut to 1 KiB.' }),
    lastTransitionTime: z.iso.datetime({ offset: true }),
    observedGeneration: z.int().min(0).optional(),
  })
  .meta({ id: 'Condition', description: 'A condition as Kubernetes has them (metav1.Condition).' });
export type Condition = z.infer<typeof Condition>;

/** A condition of our own. Only `conditionsIn` makes one. */
export type OwnCondition = Condition & { readonly [own]: true };
declare const own: unique symbol;

/** A reason that a cluster gave, which no subject declares. */
export type ClusterReason = string & { readonly [ofCluster]: true };
declare const ofCluster: unique symbol;

export function clusterReason(text: string): ClusterReason {
  return text as ClusterReason;
}

/** A condition of our own as it is reported. The store sets its transition time. */
export type ReportedCondition = Omit<OwnCondition, 'lastTransitionTime'>;

function ownCondition(condition: Condition): OwnCondition {
  return condition as OwnCondition;
}

/** One type of condition, with its reasons, as the subject that reports it declares them. */
export interface ConditionRow {
  readonly of: 'Operation' | 'Cluster' | 'Schedule';
  readonly text: string;
  /** The version of the API that first reported it. */
  readonly since: string;
  readonly reasons: Readonly<Record<string, string>>;
}
export type ConditionRows = Readonly<Record<string, ConditionRow>>;

/** Makes conditions of the types and reasons that are declared in `rows`. */
export function conditionsIn<const Rows extends ConditionRows>(_rows: Rows) {
  return <Type extends keyof Rows & string>(
    type: Type,
    status: Condition['status'],
    reason: (keyof Rows[Type]['reasons'] & string) | ClusterReason,
    message: string,
    lastTransitionTime: string,
  ): OwnCondition => ownCondition({ type, status, reason, message: clip(message), lastTransitionTime });
}

/** Sets a condition of our own, as `withStated` does. */
export function withCondition(conditions: readonly Condition[], next: OwnCondition): readonly Condition[] {
  return withStated(conditions, next);
}

/**
 * Sets the condition of its type. When status, reason and message stay the same, the same array is returned. When only
 * the reason or message changes, the transition time stays, as in Kubernetes.
 */
export function withStated(conditions: readonly Condition[], next: Condition): readonly Condition[] {
  const known = conditions.find((condition) => condition.type === next.type);
  if (known === undefined) return [...conditions, next];
  if (known.status === next.status && known.reason === next.reason && known.message === next.message) return conditions;
  const lastTransitionTime = known.status === next.status ? known.lastTransitionTime : next.lastTransitionTime;
  return conditions.map((condition) => (condition === known ? { ...next, lastTransitionTime } : condition));
}

/** The text without NUL characters and halves of surrogate pairs, which PostgreSQL does not take. */
export function storableText(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD').toWellFormed();
}

/**
 * The text cut to `bytes` of UTF-8, at a whole character. 1 KiB is the operator's limit for a text that it forwards.
 */
export function clip(text: string, bytes = 1024): string {
  const encoded = new TextEncoder().encode(text);
  if (encoded.length <= bytes) return storableText(text);
  return storableText(`${new TextDecoder().decode(encoded.slice(0, bytes - 3)).replace(/\uFFFD+$/, '')}…`);
}
