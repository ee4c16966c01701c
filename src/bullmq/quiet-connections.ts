/**
 * A connection to PostgreSQL that breaks while nobody listens to it ends the process: so does any `EventEmitter`. BullMQ
 * has such moments: it takes connections from its pool without listening while it migrates, and stops listening to one
 * before that has ended, also when it closes a queue because the server goes away. It makes these connections by itself,
 * of the class that `pg` exports, so the rule is set there: an error that nobody listens to is that of the query that was
 * under way, or nobody's.
 */
import { Client } from 'pg';

/** For all connections of this process; a second call changes nothing. */
export function quietBrokenConnections(): void {
  Object.defineProperty(Client.prototype, 'emit', { value: emit, configurable: true, writable: true });
}

function emit(this: Client, event: string, ...values: unknown[]): boolean {
  if (event === 'error' && this.listenerCount('error') === 0) return false;
  return inherited.call(this, event, ...values);
}

const inherited: (this: Client, event: string, ...values: unknown[]) => boolean = Object.getPrototypeOf(
  Client.prototype,
).emit;
