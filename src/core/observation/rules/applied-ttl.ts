/**
 * How long Velero keeps the copy of a Backup that somebody else applied, from its parameters. `retention` wins over
 * `ttl`, as in the operator. A value that is no Go duration (`30d`) counts as none, and then Velero keeps the copy for
 * 720h. What is not in whole hours has its seconds as well: parts of a second are dropped, so that no copy is believed
 * to live longer than it does.
 */

import type { ResolvedTtl } from '../../applications/rules/retention.ts';
import { Ttl } from '../../kernel/rules/duration.ts';

const goDuration = /^(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$/;
const goPart = /(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g;
const hours: Readonly<Record<string, number>> = { h: 1, m: 1 / 60, s: 1 / 3_600 };
const velerosDefault = { ttl: '720h', ttlSource: 'velero' } as const;

export function appliedTtl({
  retention,
  ttl,
}: Readonly<Record<string, unknown>>): ResolvedTtl & { readonly ttlSeconds?: number } {
  const text = retention ?? ttl;
  if (typeof text !== 'string' || text.length > 64 || !goDuration.test(text)) return velerosDefault;
  let sum = 0;
  for (const [, amount = '0', unit = ''] of text.matchAll(goPart)) sum += Number(amount) * (hours[unit] ?? 0);
  if (sum <= 0) return velerosDefault;
  const seconds = Math.max(1, Math.floor(sum * 3_600 + 1e-6));
  const { data } = Ttl.safeParse(`${Math.max(1, Math.floor(seconds / 3_600))}h`);
  if (data === undefined) return velerosDefault;
  return { ttl: data, ttlSource: 'cluster', ...(seconds % 3_600 !== 0 && { ttlSeconds: seconds }) };
}
