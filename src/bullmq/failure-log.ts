/**
 * Logs failures when their state changes, never at each attempt. BullMQ emits an error for every reconnect of every
 * connection: one outage would be thousands of lines.
 */
import type { Log } from '../core/kernel/ports.ts';

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Logs one line when something begins to fail and one when it works again; failures in between only at `debug`. */
export interface FailureLog {
  failed(error: unknown): void;
  worked(): void;
  readonly failing: boolean;
}

export function failureLog(
  log: Log,
  words: { readonly failing: string; readonly working: string },
  fields = {},
): FailureLog {
  let since: number | undefined;
  return {
    failed(error) {
      const details = { ...fields, reason: messageOf(error) };
      if (since === undefined) log.warn(details, words.failing);
      else log.debug(details, words.failing);
      since ??= performance.now();
    },
    worked() {
      if (since === undefined) return;
      log.info({ ...fields, failedForSeconds: Math.round((performance.now() - since) / 1000) }, words.working);
      since = undefined;
    },
    get failing() {
      return since !== undefined;
    },
  };
}

const connectionLost =
  /ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|[Cc]onnection (is closed|terminated|ended)|closed the connection|terminating connection|starting up|shutting down|[Tt]imeout|timed out|writeable|max retries per request|LOADING/;
const repeatMs = 60_000;

/**
 * Listens to BullMQ's `error` events. The health probe logs lost connections, so they are logged here at `debug` only.
 * Any other message is logged once a minute.
 */
export function queueErrorLog(log: Log, queue: string): (error: Error) => void {
  const loggedAt = new Map<string, number>();
  return (error) => {
    const kind = error.message.replace(/[0-9a-f-]{8,}|\d+/g, '#');
    const now = performance.now();
    if (loggedAt.size > 100) loggedAt.clear();
    const recently = now - (loggedAt.get(kind) ?? -repeatMs) < repeatMs;
    if (recently || connectionLost.test(`${'code' in error ? error.code : ''} ${error.message}`)) {
      log.debug({ queue, reason: error.message }, 'queue error');
      return;
    }
    loggedAt.set(kind, now);
    log.warn({ queue, reason: error.message }, 'queue error');
  };
}
