/** Requests are read by the zod schemas of their routes. */
import type { FastifyInstance } from 'fastify';
import type { ZodType } from 'zod';
import { invalidInput } from './invalid-input.ts';

export function readBySchemas(app: FastifyInstance): void {
  app.setValidatorCompiler<ZodType>(({ schema, httpPart }) => (input) => {
    const { success, data, error } = schema.safeParse(input);
    return success
      ? { value: data }
      : { error: invalidInput({ part: httpPart ?? 'body', schema, input, issues: error.issues }) };
  });
}
