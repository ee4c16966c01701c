/**
 * Writes answers by their schemas, which leave out whatever they do not know. An answer that does not fit, because
 * somebody broke a row of the record, is sent all the same, and logged: the API is the way to see and repair such a row.
 */
import type { FastifyBaseLogger } from 'fastify';
import type { FastifySerializerCompiler } from 'fastify/types/schema.js';
import { serializerCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { leniently } from '../core/kernel/rules/broken/lenient.ts';

export function answerSerializer(log: FastifyBaseLogger): FastifySerializerCompiler<z.ZodType> {
  return (route) => {
    const { schema, method, url } = route;
    // A schema of plain JSON, as of the document itself.
    if (!(schema instanceof z.ZodType)) return serializerCompiler(route);
    return (data) => {
      const { success, data: fitting, error } = z.safeEncode(schema, data);
      if (success) return JSON.stringify(fitting);
      log.warn({ method, url, issues: error.issues.slice(0, 5) }, 'an answer does not fit its schema');
      return JSON.stringify(leniently(schema, data));
    };
  };
}
