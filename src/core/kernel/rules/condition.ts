/**
 * Conditions as Kubernetes has them (metav1.Condition), one a type. What the cluster says is kept, also types and
 * reasons that are not known here; `Delivered` is ours and tells our own part of an Operation's life.
 */
import { z } from 'zod';

export const Condition = z
  .object({
    type: z
      .string()
      .min(1)
      .max(316)
      .meta({ description: 'CamelCase, for example Delivered, Accepted, Running, Succeeded, Failed.' }),
    status: z.enum(['True', 'False', 'Unknown']),
    reason: z
      .string()
      .max(1024)
      .meta({ description: 'A CamelCase word for machines. Lists grow; treat an unknown one as informative.' }),
    message: z
      .string()
      .max(32768)
      .meta({ description: "The cluster's own words where it has any; its texts are at most 1 KiB." }),
    lastTransitionTime: z.iso.datetime({ offset: true }),
    observedGeneration: z.int().min(0).optional(),
  })
  .meta({ id: 'Condition', description: 'A metav1.Condition.' });
export type Condition = z.infer<typeof Condition>;

/** A condition of our own. Only `conditionsIn` makes one, so that a reason without a row does not compile. */
export type OwnCondition = Condition & { readonly [own]: true };
declare const own: unique symbol;

/** A reason in the words of a cluster, which declares none. */
export type ClusterReason = string & { readonly [ofCluster]: true };
declare const ofCluster: unique symbol;

export function clusterReason(text: string): ClusterReason {
  return text as ClusterReason;
}

/** An own condition as it is found; the record adds since when. */
export type ReportedCondition = Omit<OwnCondition, 'lastTransitionTime'>;

function ownCondition(condition: Condition): OwnCondition {
  return condition as OwnCondition;
}

/** One type of condition, with its reasons, as the subject that reports it declares them. */
export interface ConditionRow {
  readonly of: 'Operation' | 'Cluster';
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
 * Sets the condition of its type. When status, reason and message stay the same nothing changes; when only reason or
 * message change the transition time stays, as in Kubernetes.
 */
export function withStated(conditions: readonly Condition[], next: Condition): readonly Condition[] {
  const known = conditions.find((condition) => condition.type === next.type);
  if (known === undefined) return [...conditions, next];
  if (known.status === next.status && known.reason === next.reason && known.message === next.message) return conditions;
  const lastTransitionTime = known.status === next.status ? known.lastTransitionTime : next.lastTransitionTime;
  return conditions.map((condition) => (condition === known ? { ...next, lastTransitionTime } : condition));
}

/** What is in no text of a database: NUL characters and halves of surrogate pairs. */
function plain(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD').toWellFormed();
}

/** Kubernetes' limit for what the operator forwards: 1 KiB, cut at a whole character. */
export function clip(text: string, bytes = 1024): string {
  const encoded = new TextEncoder().encode(text);
  if (encoded.length <= bytes) return plain(text);
  return plain(`${new TextDecoder().decode(encoded.slice(0, bytes - 3)).replace(/\uFFFD+$/, '')}…`);
}
