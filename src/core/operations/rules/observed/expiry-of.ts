/** When the copy of a Backup expires. Once it is known it stands, unless the start from which it counts is corrected. */
import { expiry } from '../../../kernel/rules/duration.ts';
import type { Contradiction, Operation, Phase } from '../operation.ts';

export interface Copied {
  readonly next: Operation;
  readonly phase: Phase;
  readonly contradiction: Contradiction | undefined;
  readonly startedAt: string | undefined;
  /** Of a copy that was made after the Operation had ended here, the record has no start: it counts from this one. */
  readonly statedStart: string | undefined;
}

export function expiryOf(before: Operation, copied: Copied): string | undefined {
  const { next, phase, contradiction, startedAt, statedStart } = copied;
  const { type, ttl, ttlSeconds, createdAt } = next;
  const isLate = phase !== 'Succeeded' && contradiction?.phase === 'Succeeded';
  if (type !== 'Backup' || ttl === undefined || (phase !== 'Succeeded' && !isLate)) return undefined;
  if (before.expiresAt !== undefined && before.startedAt === startedAt) return before.expiresAt;
  return expiry((isLate ? statedStart : undefined) ?? startedAt ?? createdAt, { ttl, ttlSeconds });
}
