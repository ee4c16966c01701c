/** The copy that a Backup has made without failures, for those who only need to know when, and until when. */
import { z } from 'zod';
import { Id, Instant } from '../../kernel/rules/fields.ts';

export const GoodCopy = z
  .object({ operationId: Id, startedAt: Instant, finishedAt: Instant, expiresAt: Instant })
  .meta({
    id: 'GoodCopy',
    description:
      'The newest copy that was made without failures and has items. It can be restored until expiresAt, which may have passed.',
  });
export type GoodCopy = z.infer<typeof GoodCopy>;
