/** The two headers of an answer that matter here, read without trust: Warning (RFC 7234) and Retry-After (RFC 9110). */
import { clip } from '../../core/kernel/rules/condition.ts';

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

const maxWarningCount = 20;
const maxRetryAfterSeconds = 3600;

/** The texts of `299 - "text"`, in order, at most twenty. Other codes and unreadable warnings are left out. */
export function warningsOf(headers: Headers): readonly string[] {
  const lines = headers.warning === undefined ? [] : [headers.warning].flat();
  const texts: string[] = [];
  for (const line of lines) {
    for (const [, code, quoted = ''] of line.matchAll(/(\d{3})\s+(?:[^\s",]+|"[^"]*")\s+"((?:[^"\\]|\\.)*)"/g)) {
      if (code === '299' && texts.length < maxWarningCount) texts.push(clip(utf8(quoted.replace(/\\(.)/g, '$1'))));
    }
  }
  return texts;
}

/** Header bytes arrive as Latin-1; API servers write UTF-8. */
function utf8(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}

/**
 * Seconds, at least 0 and at most an hour; `undefined` when none can be read. A date counts from the answer's own Date, so
 * that clocks that differ do no harm; without one from `now` (milliseconds since 1970).
 */
export function retryAfterSecondsOf(headers: Headers, now: number): number | undefined {
  const [stated] = [headers['retry-after']].flat();
  if (stated === undefined) return undefined;
  const dated = Date.parse([headers.date].flat()[0] ?? '');
  const since = Number.isNaN(dated) ? now : dated;
  const seconds = /^\d+$/.test(stated.trim()) ? Number(stated) : (Date.parse(stated) - since) / 1000;
  return Number.isFinite(seconds) ? Math.min(maxRetryAfterSeconds, Math.max(0, seconds)) : undefined;
}
