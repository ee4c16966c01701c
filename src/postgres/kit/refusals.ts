/** What the database refuses: its code, and the Refusal that the API answers with. */
import { z } from 'zod';
import { Refusal } from '../../core/kernel/rules/problem.ts';

const Coded = z.object({ code: z.string() });
/** Prisma has codes of its own, one for whatever fails in plain SQL, and keeps PostgreSQL's beside them. */
const ThroughPrisma = z.object({
  meta: z.object({ driverAdapterError: z.object({ cause: z.object({ originalCode: z.string() }) }) }),
});

/** PostgreSQL's code of an error (SQLSTATE), also where Prisma is between; else Prisma's own. */
export function codeOf(error: unknown): string | undefined {
  return (
    ThroughPrisma.safeParse(error).data?.meta.driverAdapterError.cause.originalCode ?? Coded.safeParse(error).data?.code
  );
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
    case '23001':
      return new Refusal(
        'in-use',
        `The ${kind} is still referred to, or refers to something that is not there any more.`,
      );
    default:
      return error;
  }
}
