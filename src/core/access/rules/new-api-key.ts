/** Which API keys a caller may make: none that can do more than its own, for longer, or elsewhere. */
import { Refusal, ruleViolated } from '../../kernel/rules/problem.ts';
import { type Caller, may, type NewApiKey, requireScope } from './access.ts';
import { accessProblem } from './problems.ts';

/** The id of the organization that the key is for. Throws the Refusal when the caller may not make such a key. */
export function organizationOfKey(caller: Caller, input: NewApiKey, now: string): string {
  const organizationId = input.organizationId ?? caller.organizationId;
  if (organizationId !== caller.organizationId) requireScope(caller, 'platform:admin');
  const beyond = input.scopes.filter((scope) => !may(caller, scope));
  if (beyond.length > 0)
    throw new Refusal(
      accessProblem.forbidden,
      `An API key can give only scopes that it has itself. This one lacks ${beyond.join(', ')}.`,
    );
  if (input.expiresAt !== undefined && Date.parse(input.expiresAt) <= Date.parse(now)) {
    throw ruleViolated('/expiresAt', 'must be in the future.');
  }
  refuseLongerLife(caller, input.expiresAt);
  return organizationId;
}

/** A key that expires makes none that outlives it: its holder would keep the access that ends with it. */
function refuseLongerLife({ expiresAt: limit }: Caller, expiresAt: string | undefined): void {
  if (limit === undefined || (expiresAt !== undefined && Date.parse(expiresAt) <= Date.parse(limit))) return;
  throw ruleViolated('/expiresAt', `must be given, and no later than ${limit}: the calling API key expires then.`);
}
