/** Answers of API servers, and how `failureOf` has to sort them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf } from '../../../src/kubernetes/http/failures.ts';

/** The time at which all of them arrive. */
export const at = Date.parse('2026-03-01T10:00:00Z');

export interface AnswerCase {
  readonly name: string;
  readonly code: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly expected: object;
  readonly says?: RegExp;
}

export function testSorted({ name, code, text, headers = {}, expected, says }: AnswerCase): void {
  test(name, () => {
    const failure = failureOf({ status: code, headers, text }, at);
    assert.partialDeepStrictEqual(failure, expected);
    assert.ok(failure.message.length > 0);
    if (says !== undefined) assert.match(failure.message, says);
  });
}
