/**
 * What an error in a batch is due to, by PostgreSQL's code (SQLSTATE): a row of the batch, the database, or neither. An
 * error without a code comes from reading a row or from a rule, and so from a row. A defect of ours that most rows meet is
 * told by their number (src/core/kernel/rules/broken/bad-rows.ts).
 */
import { ZodError } from 'zod';
import { LeaseLost } from '../../../core/clusters/rules/fence.ts';
import type { Blame } from '../../../core/kernel/isolate.ts';
import type { HeldReason } from '../../../core/kernel/rules/broken/held-row.ts';
import { Refusal } from '../../../core/kernel/rules/problem.ts';
import { saysConnectionLost } from '../away.ts';
import { codeOf, placeOf } from '../refusals.ts';

/**
 * Classes that a value of a row causes: cardinality, data, constraints, limits of the program (a value too long for its
 * index), views, damaged pages, and what triggers raise (P0, 09, 27, 38, 39).
 */
const rowClasses: ReadonlySet<string> = new Set(['09', '21', '22', '23', '27', '38', '39', '44', '54', 'P0', 'XX']);
/** Connection, sessions, conflicts, resources, locks, intervention by an operator, the system. */
const databaseClasses: ReadonlySet<string> = new Set(['08', '25', '28', '40', '53', '55', '57', '58']);

const sqlState = /^[0-9A-Z]{2}[0-9A-Z]{3}$/;
/** Of the network: ECONNRESET, EPIPE, EAI_AGAIN; and Node's for what is written to a socket that has gone. */
const systemCode = /^(?!ERR_)E[A-Z]+(_[A-Z]+)?$|^ERR_(SOCKET|STREAM|TLS|SSL)_/;

export function blameOf(error: unknown): Blame {
  if (error instanceof LeaseLost || error instanceof Refusal) return 'Neither';
  const code = codeOf(error);
  if (code === undefined) return saysConnectionLost(error) ? 'Database' : 'Row';
  if (systemCode.test(code)) return 'Database';
  // Of Node, for a value that a function of its own does not take.
  if (code.startsWith('ERR_')) return 'Row';
  if (!sqlState.test(code)) return 'Neither';
  const kind = code.slice(0, 2);
  if (rowClasses.has(kind)) return 'Row';
  return databaseClasses.has(kind) ? 'Database' : 'Neither';
}

const maxMessageLength = 300;

/** Why a row was put aside, for people: no SQL, no stack, and of its values only the names of their columns. */
export function heldReasonOf(error: unknown): { readonly reason: HeldReason; readonly message: string } {
  if (error instanceof ZodError) {
    const fields = error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    return { reason: 'Unreadable', message: clipped(`It cannot be read: ${fields.join('; ')}.`) };
  }
  const code = codeOf(error);
  if (code !== undefined && sqlState.test(code)) {
    const { constraint, column } = placeOf(error);
    const about = [code, constraint, column].filter((each) => each !== undefined).join(', ');
    return { reason: 'Refused', message: clipped(`The database refuses it (${about}).`) };
  }
  const text = error instanceof Error ? error.message : 'unknown failure';
  return { reason: 'Undecidable', message: clipped(`It cannot be worked on: ${text}.`) };
}

function clipped(text: string): string {
  return text.length <= maxMessageLength ? text : `${text.slice(0, maxMessageLength - 1)}…`;
}
