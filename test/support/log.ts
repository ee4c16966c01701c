/** A log that keeps its lines, to be searched by tests. */
import { Writable } from 'node:stream';
import { makeLogger } from '../../src/telemetry/telemetry.ts';

export function keptLog(level = 'debug'): { readonly log: ReturnType<typeof makeLogger>; text(): string } {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { log: makeLogger(level, sink), text: () => lines.join('') };
}
