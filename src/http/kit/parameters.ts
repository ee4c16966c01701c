/** Path, query and header parameters that routes share. They are text, and are read strictly. */
import { z } from 'zod';
import { Id } from '../../core/kernel/rules/fields.ts';

export const ById = z.strictObject({ id: Id.describe('The id of the resource.') });

/**
 * The default of a parameter that is read from text: zod leaves it out of the document, and schemas.ts puts it in.
 */
export const documentedDefault = (value: boolean | number) => ({ 'x-default': value });

/** `true` or `false` in a query, and nothing else. */
export const QueryBoolean = z.preprocess(
  (text) => (text === 'true' ? true : text === 'false' ? false : text),
  z.boolean(),
);

/** For a POST that makes Operations, or has them made. */
export const DryRun = z.strictObject({
  dryRun: QueryBoolean.default(false).meta({
    description:
      'true: the request is checked and resolved, and the answer shows what it would make, but nothing is written. The answer is 200, and Idempotency-Key is ignored.',
    ...documentedDefault(false),
  }),
});

/** Decimal digits in a query, and nothing else. */
export const queryInteger = (min: number, max: number) =>
  z.preprocess(
    (text) => (typeof text === 'string' && /^-?\d{1,9}$/.test(text) ? Number(text) : text),
    z.int().min(min).max(max),
  );

const onBehalfOf = z
  .string()
  .optional()
  // For the document only: the header arrives as bytes, and requireKeys judges the characters that they are.
  .meta({
    description:
      'The person for whom the client acts: printable characters, in UTF-8. The service records it beside the name of the API key.',
    minLength: 1,
    maxLength: 200,
  });

/** For POST. */
export const PostHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII')
    .optional()
    .describe(
      'Makes the request take effect once, no matter how often the client sends it. Repetitions get the first answer, with Idempotency-Replayed: true. 1 to 255 printable ASCII characters, for example a UUID that the client makes before its first try.',
    ),
  'x-on-behalf-of': onBehalfOf,
});

/** For PATCH, PUT and DELETE of resources with a revision. */
export const ChangeHeaders = z.looseObject({
  'if-match': z
    .string()
    .optional()
    .describe(
      'The ETag of the resource that the client has read, with its quotes. The service refuses the request with 412 when the resource has changed since. Default: any.',
    ),
  'x-on-behalf-of': onBehalfOf,
});

/** For changes of resources without a revision. */
export const ActorHeaders = z.looseObject({ 'x-on-behalf-of': onBehalfOf });

/** For reads of resources that change only with their revision. */
export const ReadHeaders = z.looseObject({
  'if-none-match': z
    .string()
    .optional()
    .describe('An ETag. The answer is an empty 304 while the resource still has it.'),
});
