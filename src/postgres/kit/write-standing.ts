/**
 * Whether the database takes writes. One that is read-only says so to a probe, which waits for no lock. One whose disk
 * is full fails only what needs room: so the writes that are made are looked at, and the last one decides, for a minute.
 */
import type { Pool } from 'pg';
import { codeOf } from './refusals.ts';
import { select } from './sql.ts';

export interface WriteStanding {
  worked(): void;
  /** Any error of a write; only those that mean that writes fail altogether count. */
  failed(error: unknown): void;
  /** Why writes fail now, for people; `undefined` while they work. Rejects when the database does not answer. */
  look(): Promise<string | undefined>;
}

const readOnly = 'The database is read-only.';
const reasons: Readonly<Record<string, string>> = {
  '25006': readOnly,
  '53100': "The database's disk is full.",
  '58030': "The database's disk fails.",
};
const rememberedMs = 60_000;

const probe = `select current_setting('transaction_read_only') = 'on' or pg_is_in_recovery() as "isReadOnly"`;

/** `nowMs` is a time of this process that never goes back. */
export function writeStandingOf(pool: Pool, nowMs: () => number = () => performance.now()): WriteStanding {
  let failure: { readonly reason: string; readonly at: number } | undefined;
  return {
    worked() {
      failure = undefined;
    },
    failed(error) {
      const reason = reasons[codeOf(error) ?? ''];
      if (reason !== undefined) failure = { reason, at: nowMs() };
    },
    async look() {
      const [row] = await select(pool, probe, []);
      if (row?.isReadOnly === true) return readOnly;
      if (failure !== undefined && nowMs() - failure.at > rememberedMs) failure = undefined;
      return failure?.reason;
    },
  };
}
