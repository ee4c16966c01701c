/** Why a cluster could not be reached, in words for people; and the lines of a stream that may be cut anywhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linesOf } from './lines.ts';
import { AnswerTooLarge, neverSent, UnreachableError, unreachable } from './unreachable.ts';

const coded = (code: string, message = 'jargon') => Object.assign(new Error(message), { code });

test('the innermost useful words of a chain of causes are told, and each of several once', () => {
  const inner = new Error('connect ECONNREFUSED 10.0.0.1:6443');
  for (const [error, words] of [
    [inner, inner.message],
    ['text', 'the connection failed'],
    [new Error('fetch failed', { cause: inner }), inner.message],
    [new Error('', { cause: inner }), inner.message],
    [new Error('while listing', { cause: inner }), `while listing: ${inner.message}`],
    [new Error(`while listing: ${inner.message}`, { cause: inner }), inner.message],
    [new Error('while listing', { cause: 'text' }), 'while listing'],
    [new AggregateError([inner, inner, new Error('other')]), `${inner.message}; other`],
    [new AggregateError([], 'nothing'), 'nothing'],
    [new UnreachableError('it is denied'), 'it is denied'],
    [new AnswerTooLarge(4 * 1024 * 1024), 'the answer is larger than 4096 KiB'],
    [coded('UND_ERR_CONNECT_TIMEOUT'), 'no connection within the time allowed (connect timeout)'],
    [coded('UND_ERR_HEADERS_TIMEOUT'), 'no answer within the time allowed'],
    [coded('UND_ERR_BODY_TIMEOUT'), 'the answer stopped half way'],
    [coded('UND_ERR_SOCKET'), 'the connection was closed before the answer was complete'],
    [coded('UND_ERR_HEADERS_OVERFLOW'), 'the headers of the answer are too large'],
    [coded('UND_ERR_DESTROYED'), 'the connection was closed by this service'],
    [coded('UND_ERR_CLOSED'), 'the connection was closed by this service'],
    [coded('ECONNRESET'), 'the connection was reset (ECONNRESET)'],
    [coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'the address does not speak TLS'],
    [coded('E', ''), 'E'],
    [new Error(''), 'Error'],
    [new Error('first\nsecond'), 'first'],
    [
      new Error('C0F:error:0A000438:SSL routines:ssl3_read_bytes:tlsv1 alert internal error:x.c:1'),
      'TLS failed: tlsv1 alert internal error',
    ],
  ] as const)
    assert.deepEqual(unreachable(error), { kind: 'Unreachable', message: words });
  const advised = 'self-signed certificate; if the root CA is installed locally, try this';
  for (const code of [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ])
    assert.equal(
      unreachable(coded(code, advised)).message,
      'the certificate is not signed by an authority that is trusted for the cluster (ca): self-signed certificate',
    );
});

test('a call surely had no effect where it failed before its first byte, however deep that lies', () => {
  const early = new Error('no connection');
  neverSent.add(early);
  assert.equal(unreachable(early).untouched, true);
  assert.equal(unreachable(new Error('fetch failed', { cause: new Error('x', { cause: early }) })).untouched, true);
  assert.equal(unreachable(new Error('fetch failed')).untouched, undefined);
});

test('a chain of causes is followed for eight steps, so that one without an end has words too', () => {
  const end = new Error('nine', { cause: new Error('ten') });
  const steps = Array.from({ length: 8 });
  const chain = (wrap: (inner: Error) => Error, inner: Error) =>
    unreachable(steps.reduce<Error>((each) => wrap(each), inner)).message;
  const causes = (inner: Error) => new Error('fetch failed', { cause: inner });
  const several = (inner: Error) => new AggregateError([inner]);
  for (const wrap of [causes, several]) {
    assert.equal(chain(wrap, wrap(end)), 'nine');
    assert.equal(chain(wrap, end), 'nine: ten');
  }
  const early = new Error('no connection');
  neverSent.add(early);
  const deep = steps.reduce<Error>((each) => causes(each), early);
  assert.equal(unreachable(deep).untouched, true);
  assert.equal(unreachable(causes(deep)).untouched, undefined);
  const endless = new Error('endless');
  endless.cause = endless;
  assert.match(unreachable(endless).message, /endless/);
});

test('lines are whole wherever the stream is cut; a rest without an end is dropped, and one without bound is an error', async () => {
  const lines = async (chunks: readonly Uint8Array[], maxBytes = 100) => {
    async function* stream() {
      yield* chunks;
    }
    const found: string[] = [];
    for await (const line of linesOf(stream(), maxBytes)) found.push(line);
    return found;
  };
  const bytes = Buffer.from('eins\n\nzwölf\ndrei\nrest');
  for (let at = 0; at <= bytes.length; at += 1)
    assert.deepEqual(await lines([bytes.subarray(0, at), bytes.subarray(at)]), ['eins', 'zwölf', 'drei']);
  const line = Buffer.from('x'.repeat(60));
  await assert.rejects(lines([line, line]), /one event of the watch is larger than 0 KiB/);
  const end = Buffer.from('\n');
  const whole = [line, Buffer.from('x'.repeat(40))];
  assert.equal((await lines([...whole, end, ...whole, end])).length, 2, 'each up to the bound');
});
