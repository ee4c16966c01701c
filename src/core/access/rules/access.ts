/** Who may do what: organizations, API keys and their scopes. */

import { z } from 'zod';
import { DisplayName, Id, Instant, Revision } from '../../kernel/rules/fields.ts';
import { Refusal } from '../../kernel/rules/problem.ts';
import { accessProblem } from './problems.ts';

/** What a key may do, for example clusters:read. The catalogue (core/catalogue.ts) has the list. */
export type Scope = `${string}:${string}`;
const Scope = z.custom<Scope>((value) => typeof value === 'string' && /^[a-z-]+:[a-z]+$/.test(value));

const MinimumInterval = z
  .int()
  .min(60)
  .max(31_622_400)
  .describe('Seconds: no schedule may fire more often. Default: no limit.');

export const Organization = z
  .object({
    id: Id,
    name: DisplayName,
    minimumIntervalSeconds: MinimumInterval.optional(),
    suspend: z.boolean().describe('While true none of its schedules fires; the ledger accounts for the slots.'),
    suspendReason: z.string().optional(),
    createdAt: Instant,
    updatedAt: Instant,
    revision: Revision,
  })
  .meta({ id: 'Organization', description: 'A tenant. Everything but the application classes belongs to one.' });
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
      .describe('null: no limit. Schedules that exist stay as they are.'),
    suspend: z.boolean().optional(),
    suspendReason: z.string().min(1).max(500).optional(),
  })
  .meta({ id: 'OrganizationChange', description: 'What to change; what is absent stays.' });
export type OrganizationChange = z.infer<typeof OrganizationChange>;

export const ApiKey = z.object({
  id: Id,
  organizationId: Id,
  name: DisplayName,
  scopes: z.array(Scope),
  hint: z.string().describe('The beginning of the key, to tell keys apart.'),
  createdAt: Instant,
  expiresAt: Instant.optional(),
  revokedAt: Instant.optional(),
});
export type ApiKey = z.infer<typeof ApiKey>;

export const NewApiKey = z.strictObject({
  name: DisplayName,
  scopes: z.array(Scope).min(1),
  expiresAt: Instant.optional().describe('Default: never.'),
  organizationId: Id.optional().describe("Default: the calling key's. Another one needs platform:admin."),
});
export type NewApiKey = z.infer<typeof NewApiKey>;

/** Who calls: the key, its organization, and the person it names. */
export interface Caller {
  readonly apiKeyId: string;
  readonly name: string;
  readonly organizationId: string;
  readonly scopes: readonly Scope[];
  readonly onBehalfOf?: string | undefined;
}

export function may(caller: Caller, scope: Scope): boolean {
  return caller.scopes.includes('platform:admin') || caller.scopes.includes(scope);
}

export function requireScope(caller: Caller, scope: Scope): void {
  if (!may(caller, scope))
    throw new Refusal(accessProblem.forbidden, `The API key "${caller.name}" lacks the scope ${scope}.`);
}

export function actor(caller: Caller): string {
  return caller.onBehalfOf ?? caller.name;
}

/** The caller as an Operation names who asked for it. */
export function requester({ name, onBehalfOf }: Caller): {
  readonly requestedBy: string;
  readonly onBehalfOf?: string;
} {
  return { requestedBy: name, ...(onBehalfOf !== undefined && { onBehalfOf }) };
}
