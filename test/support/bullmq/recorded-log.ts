/** A log that keeps its lines, so that a test can count them. */
import type { Log } from '../../../src/core/kernel/ports.ts';

export interface RecordedLog extends Log {
  readonly lines: readonly { readonly level: string; readonly message: string; readonly text: string }[];
  /** How many lines people would see. */
  count(message?: string): number;
}

export function recordedLog(): RecordedLog {
  const lines: { level: string; message: string; text: string }[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, message, text: `${level} ${message} ${JSON.stringify(fields)}` });
  return {
    lines,
    count: (message) =>
      lines.filter((line) => line.level !== 'debug' && (message === undefined || line.message === message)).length,
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    debug: at('debug'),
  };
}
