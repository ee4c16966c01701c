/** What the database refuses, in the words of the API. */
import { Refusal } from '../../core/kernel/rules/problem.ts';

function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** Turns a broken unique or foreign key into a Refusal; anything else goes on as it is. */
export function refusalOf(error: unknown, kind: string): unknown {
  switch (codeOf(error)) {
    case 'P2002':
    case '23505':
      return new Refusal('already-exists', `Another ${kind} has this name here already.`, {
        errors: [{ pointer: '/name', detail: 'is taken; choose another name.' }],
      });
    case 'P2003':
    case '23503':
      return new Refusal(
        'in-use',
        `The ${kind} is still referred to, or refers to something that is not there any more.`,
      );
    default:
      return error;
  }
}

/** Two transactions got in each other's way and the database ended one: the same work again may succeed. */
export function mayRetry(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'P2034' || code === '40001' || code === '40P01';
}
