/**
 * A POST that is sent twice takes effect once. The Idempotency-Key is claimed, and the answer stored, in the
 * transaction of the effect itself. So a process that is killed leaves either both or neither, and never a key that
 * stays claimed. The store seals answers, because an answer may contain a new secret.
 */

import type { Committing, Store } from '../kernel/ports.ts';
import { Refusal } from '../kernel/rules/problem.ts';
import type { IdempotencyScope, IdempotencyTable, StoredAnswer } from './ports.ts';
import { accessProblem } from './rules/problems.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface IdempotentRequest {
  readonly scope: IdempotencyScope;
  readonly requestHash: string;
}

export async function once<Tables extends IdempotencyTable>(
  store: Store<Tables>,
  keyed: IdempotentRequest | undefined,
  effect: (tx: Tables & Committing) => Promise<Answer>,
): Promise<Answer & { readonly replayed: boolean }> {
  return store.transaction(async (tx) => {
    if (keyed === undefined) return { ...(await effect(tx)), replayed: false };
    const known = await tx.idempotency.claim(keyed.scope);
    if (known === 'InProgress') {
      throw new Refusal(accessProblem['request-in-progress'], 'A request with this Idempotency-Key is still running.', {
        retryAfterSeconds: 1,
      });
    }
    if (known !== 'Free') return replay(known, keyed.requestHash);
    const answer = await effect(tx);
    const { requestHash } = keyed;
    await tx.idempotency.store(keyed.scope, {
      requestHash,
      status: answer.status,
      body: answer.body,
      headers: answer.headers ?? {},
    });
    return { ...answer, replayed: false };
  });
}

/**
 * `once` for work that calls a cluster, which no transaction may wait for. Two requests with one key may both do the
 * work, so it must do no harm twice. The answer that is stored first is the answer to both.
 */
export async function onceOutsideTransaction<Tables extends IdempotencyTable>(
  store: Store<Tables>,
  keyed: IdempotentRequest | undefined,
  work: () => Promise<Answer>,
): Promise<Answer & { readonly replayed: boolean }> {
  if (keyed === undefined) return { ...(await work()), replayed: false };
  const known = await store.transaction((tx) => tx.idempotency.claim(keyed.scope));
  if (known !== 'Free' && known !== 'InProgress') return replay(known, keyed.requestHash);
  const answer = await work();
  return once(store, keyed, async () => answer);
}

function replay(known: StoredAnswer, requestHash: string): Answer & { readonly replayed: boolean } {
  if (known.requestHash !== requestHash) {
    throw new Refusal(
      accessProblem['idempotency-key-reused'],
      'This Idempotency-Key was used for a request with another body. Use a new key for a new request.',
    );
  }
  return { status: known.status, body: known.body, headers: known.headers, replayed: true };
}
