/**
 * Errors of the database: their code, and the Refusal that the API answers with when a write does not fit the record. One
 * place for all writes: `storeOf` in transaction.ts asks here about each error that ends a transaction.
 *
 *   a key that is taken                          already-exists
 *   a row that others refer to                   in-use
 *   a reference to a row that is not there       rule-violated
 *   a value or a row that breaks a constraint    rule-violated
 */
import { z } from 'zod';
import { Refusal, ruleViolated } from '../../core/kernel/rules/problem.ts';

const Coded = z.object({ code: z.string() });
const OfPg = z.object({ constraint: z.string().optional(), column: z.string().optional() });

/** PostgreSQL's code of an error (SQLSTATE), or that of the network. */
export function codeOf(error: unknown): string | undefined {
  return Coded.safeParse(error).data?.code;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}

/** The last name in quotes after `word`: the message of an error names tables, columns and constraints. */
function named(word: string, message: string): string | undefined {
  return [...message.matchAll(new RegExp(`${word} "([^"]+)"`, 'g'))].at(-1)?.[1];
}

interface Place {
  readonly constraint?: string | undefined;
  readonly column?: string | undefined;
}

/** The constraint and the column that an error names. */
export function placeOf(error: unknown): Place {
  const message = messageOf(error);
  const { constraint, column } = OfPg.safeParse(error).data ?? {};
  return {
    constraint: constraint ?? named('constraint', message),
    column: column ?? named('column', message),
  };
}

/** A key that one row of a kind can have: what it is of the row, and the field of the request that has it, if any. */
interface Key {
  readonly kind: string;
  readonly what: string;
  readonly field?: string;
}

/** Every unique key of the record. A test compares it with the database. */
export const uniqueKeys: Readonly<Record<string, Key>> = {
  organization_name_key: { kind: 'organization', what: 'name', field: 'name' },
  api_key_hash_key: { kind: 'API key', what: 'secret' },
  application_class_name_key: { kind: 'application class', what: 'name', field: 'name' },
  protection_plan_organization_id_name_key: { kind: 'protection plan', what: 'name', field: 'name' },
  blackout_window_organization_id_name_key: { kind: 'blackout window', what: 'name', field: 'name' },
  cluster_name: { kind: 'cluster', what: 'name', field: 'name' },
  cluster_agent_token_hash_key: { kind: 'cluster', what: 'agent token' },
  cluster_agent_previous_token_hash_key: { kind: 'cluster', what: 'agent token' },
  cluster_application_cluster_id_namespace_name_key: { kind: 'application of the cluster', what: 'name' },
  application_instance_place: { kind: 'application instance', what: 'name', field: 'name' },
  schedule_name: { kind: 'schedule', what: 'name', field: 'name' },
  schedule_plan_entry: { kind: 'schedule', what: 'entry of a protection plan' },
  operation_cluster_id_name_foreign_uid_key: { kind: 'operation', what: 'name', field: 'name' },
  operation_schedule_id_scheduled_for_key: { kind: 'operation', what: 'slot' },
  velero_resource_cluster_id_kind_name_key: { kind: 'resource of Velero', what: 'name' },
  fire_schedule_id_scheduled_for_key: { kind: 'fire', what: 'slot' },
};

/** The Refusal for what does not fit the record; any other error is returned as it is. */
export function refusalOf(error: unknown): unknown {
  const code = codeOf(error) ?? '';
  const place = placeOf(error);
  switch (code) {
    case '23505':
    case '23P01':
      return taken(place.constraint);
    case '23503':
    case '23001':
      return reference(messageOf(error), place);
    default:
      return /^2[23]|^44/.test(code) || code === '54000' ? unfit(code, place) : error;
  }
}

function taken(constraint = ''): Refusal {
  const key = uniqueKeys[constraint];
  if (key === undefined) return new Refusal('already-exists', 'Something else has the same key already.');
  const { kind, what, field } = key;
  const detail = `is taken; choose another ${what}.`;
  return new Refusal('already-exists', `Another ${kind} has this ${what} here already.`, {
    ...(field !== undefined && { errors: [{ pointer: `/${field}`, detail }] }),
  });
}

/** `update or delete on table "cluster" violates … on table "schedule"`, or `insert or update on table "schedule" …`. */
function reference(message: string, { constraint = '' }: Place): Refusal {
  const [, changed = '', other] =
    /on table "([^"]+)" violates .* constraint "[^"]+"(?: on table "([^"]+)")?/.exec(message) ?? [];
  if (other !== undefined)
    return new Refusal(
      'in-use',
      `The ${nounOf(changed)} is still referred to by a row of another kind: ${nounOf(other)}. Remove that first.`,
    );
  const column = constraint.replace(new RegExp(`^${changed}_`), '').replace(/_fkey$/, '');
  return ruleViolated(
    `/${fieldOf(column)}`,
    `There is no ${nounOf(column.replace(/_id$/, ''))} with this id any more.`,
  );
}

function unfit(code: string, { constraint, column }: Place): Refusal {
  if (column !== undefined) {
    const field = fieldOf(column);
    return ruleViolated(`/${field}`, `${field} has a value that cannot be stored.`);
  }
  return new Refusal(
    'rule-violated',
    constraint === undefined
      ? `A value of the request cannot be stored (${code}): it is too long, too large, or no text.`
      : `The change would break a rule of the record: ${constraint.replaceAll('_', ' ')}.`,
  );
}

function fieldOf(column: string): string {
  return column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function nounOf(table: string): string {
  return table === 'api_key' ? 'API key' : table.replaceAll('_', ' ');
}
