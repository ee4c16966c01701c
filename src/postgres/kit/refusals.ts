/** Errors of the database: their code, and the Refusal that the API answers with for a key that does not fit. */
import { z } from 'zod';
import { Refusal } from '../../core/kernel/rules/problem.ts';

const Coded = z.object({ code: z.string() });
/**
 * Prisma has codes of its own, among them a single one for all errors of plain SQL, and keeps PostgreSQL's beside it.
 */
const ThroughPrisma = z.object({
  meta: z.object({ driverAdapterError: z.object({ cause: z.object({ originalCode: z.string() }) }) }),
});

/** PostgreSQL's code of an error (SQLSTATE), also when it came through Prisma; without one, Prisma's code. */
export function codeOf(error: unknown): string | undefined {
  return (
    ThroughPrisma.safeParse(error).data?.meta.driverAdapterError.cause.originalCode ?? Coded.safeParse(error).data?.code
  );
}

/** The Refusal for a unique or foreign key that does not fit; any other error is returned as it is. */
export function refusalOf(error: unknown, kind: string): unknown {
  switch (codeOf(error)) {
    case 'P2002':
    case '23505':
      return new Refusal('already-exists', `Another ${kind} has this name here already.`, {
        errors: [{ pointer: '/name', detail: 'is taken; choose another name.' }],
      });
    case 'P2003':
    case '23503':
    case '23001':
      return new Refusal(
        'in-use',
        `The ${kind} is still referred to, or refers to something that is not there any more.`,
      );
    default:
      return error;
  }
}
