/**
 * Who may do what: organizations, API keys and the callers that they make, in one file because each is defined by the
 * others. A caller belongs to one organization, and may do what a scope of its key says.
 */

import { z } from 'zod';
import { DisplayName, GivenInstant, Id, Instant, Revision } from '../../kernel/rules/fields.ts';
import { Refusal } from '../../kernel/rules/problem.ts';
import { accessProblem } from './problems.ts';

/** A right of an API key, for example clusters:read. The catalogue (core/catalogue.ts) has the list. */
export type Scope = `${string}:${string}`;
const Scope = z.custom<Scope>((value) => typeof value === 'string' && /^[a-z-]+:[a-z]+$/.test(value));

const MinimumInterval = z
  .int()
  .min(60)
  .max(31_622_400)
  .describe('The least time between two slots of a schedule, in seconds: 60 to 31622400. Default: no limit.');

export const Organization = z
  .object({
    id: Id,
    name: DisplayName,
    minimumIntervalSeconds: MinimumInterval.optional(),
    suspend: z
      .boolean()
      .describe('While true, no schedule of the organization fires. The ledger records its slots as skipped.'),
    suspendReason: z.string().optional().describe('Why it is suspended, for people.'),
    createdAt: Instant,
    updatedAt: Instant,
    revision: Revision,
  })
  .meta({
    id: 'Organization',
    description: 'A tenant. Every resource but the application classes belongs to one organization.',
  });
export type Organization = z.infer<typeof Organization>;

export const NewOrganization = z
  .strictObject({ name: DisplayName, minimumIntervalSeconds: MinimumInterval.optional() })
  .meta({ id: 'NewOrganization', description: 'An organization to create.' });
export type NewOrganization = z.infer<typeof NewOrganization>;

export const OrganizationChange = z
  .strictObject({
    name: DisplayName.optional(),
    minimumIntervalSeconds: MinimumInterval.nullable()
      .optional()
      .describe('In seconds, 60 to 31622400. null: no limit. Schedules that exist stay as they are.'),
    suspend: z
      .boolean()
      .optional()
      .describe('true: no schedule of the organization fires. false: its schedules fire again.'),
    suspendReason: z.string().min(1).max(500).optional().describe('Why it is suspended, for people.'),
  })
  .meta({ id: 'OrganizationChange', description: 'The fields to change. A field that is absent keeps its value.' });
export type OrganizationChange = z.infer<typeof OrganizationChange>;

export const ApiKey = z.object({
  id: Id,
  organizationId: Id,
  name: DisplayName,
  scopes: z.array(Scope),
  hint: z
    .string()
    .describe(
      'The first characters of the key, by which people tell keys apart; environment for the key that ADMIN_API_KEY gives.',
    ),
  createdAt: Instant,
  expiresAt: Instant.optional(),
  revokedAt: Instant.optional(),
});
export type ApiKey = z.infer<typeof ApiKey>;

export const NewApiKey = z.strictObject({
  name: DisplayName,
  scopes: z.array(Scope).min(1),
  expiresAt: GivenInstant.optional().describe(
    'When the key expires, in the future. Default: never. With a calling key that expires it is required, and no later than the expiry of that key.',
  ),
  organizationId: Id.optional().describe(
    'The organization that the key is for. Default: that of the calling key. Another one requires platform:admin.',
  ),
});
export type NewApiKey = z.infer<typeof NewApiKey>;

/** The caller: an API key, its organization, and the person for whom it acts. */
export interface Caller {
  readonly apiKeyId: string;
  readonly name: string;
  readonly organizationId: string;
  readonly scopes: readonly Scope[];
  /** When the API key expires; absent for one that never does. */
  readonly expiresAt?: string | undefined;
  readonly onBehalfOf?: string | undefined;
  /** The id of the request with which it calls. */
  readonly requestId?: string | undefined;
}

export function may(caller: Caller, scope: Scope): boolean {
  return caller.scopes.includes('platform:admin') || caller.scopes.includes(scope);
}

export function requireScope(caller: Caller, scope: Scope): void {
  if (!may(caller, scope))
    throw new Refusal(accessProblem.forbidden, `The API key "${caller.name}" lacks the scope ${scope}.`);
}

/** The name for events: the person for whom the key acts, else the key's. */
export function actor(caller: Caller): string {
  return caller.onBehalfOf ?? caller.name;
}

/** The caller and its request, as an Operation names them. */
export function requester({ name, onBehalfOf, requestId }: Caller): {
  readonly requestedBy: string;
  readonly onBehalfOf?: string;
  readonly requestId?: string;
} {
  return {
    requestedBy: name,
    ...(onBehalfOf !== undefined && { onBehalfOf }),
    ...(requestId !== undefined && { requestId }),
  };
}
