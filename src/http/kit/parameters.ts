/** Path, query and header parameters that routes share. What is text on the wire is read strictly. */
import { z } from 'zod';
import { Id } from '../../core/kernel/rules/fields.ts';

export const ById = z.strictObject({ id: Id.describe('The id of the resource.') });

/** `true` or `false` in a query, and nothing else. */
export const QueryBoolean = z.preprocess(
  (text) => (text === 'true' ? true : text === 'false' ? false : text),
  z.boolean(),
);

/** Decimal digits in a query, and nothing else. */
export const queryInteger = (min: number, max: number) =>
  z.preprocess(
    (text) => (typeof text === 'string' && /^-?\d{1,9}$/.test(text) ? Number(text) : text),
    z.int().min(min).max(max),
  );

const onBehalfOf = z
  .string()
  .optional()
  .describe('The person for whom the client acts, 1 to 200 printable characters (UTF-8); it goes to the audit trail.');

/** For POST. */
export const PostHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII')
    .optional()
    .describe(
      'Makes the request take effect once, however often it is sent: the answer to the first is repeated, with Idempotency-Replayed: true. 1 to 255 printable ASCII characters, for example a UUID made with the intent.',
    ),
  'x-on-behalf-of': onBehalfOf,
});

/** For PATCH, PUT and DELETE of what has a revision. */
export const ChangeHeaders = z.looseObject({
  'if-match': z
    .string()
    .optional()
    .describe(
      'The ETag that the change was made from, quotes included; refused with 412 when the resource has changed since. Default: any.',
    ),
  'x-on-behalf-of': onBehalfOf,
});

/** For changes of what has no revision. */
export const ActorHeaders = z.looseObject({ 'x-on-behalf-of': onBehalfOf });

/** For reads of what changes only with its revision. */
export const ReadHeaders = z.looseObject({
  'if-none-match': z
    .string()
    .optional()
    .describe('An ETag; answered with an empty 304 while the resource is still at it.'),
});
