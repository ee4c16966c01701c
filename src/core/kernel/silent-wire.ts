/**
 * A connection whose other side has gone without a word looks open for ever: no packet comes, and none is refused. So a
 * wire that was written to and stays silent for longer than any answer may take is destroyed, which fails whatever waits
 * on it. What is not written to may be silent as long as it likes.
 */

/** The part of a socket that is needed to see that it is silent. */
export interface Wire {
  readonly bytesRead: number;
  readonly destroyed: boolean;
  write(...input: never[]): boolean;
  once(event: 'close', listener: () => void): unknown;
  destroy(error?: Error): unknown;
}

/** Reads like a time-out of the network, so that whoever tells these from defects needs to know nothing of it. */
export class SilentWire extends Error {
  readonly code = 'ETIMEDOUT';
  readonly syscall = 'read';
  readonly errno = -110;

  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds} ms: the connection is given up`);
    this.name = 'SilentWire';
  }
}

/** Destroys the wire with a SilentWire when no byte has come for so long after the last one that was written. */
export function endWhenSilent(wire: Wire, milliseconds: number, ended: () => void = () => undefined): void {
  const { write } = wire;
  let writtenAt = 0;
  let readBefore = 0;
  let timer: NodeJS.Timeout | undefined;

  const look = () => {
    timer = undefined;
    if (wire.destroyed || wire.bytesRead !== readBefore) return;
    const leftMs = writtenAt + milliseconds - performance.now();
    if (leftMs > 0) return arm(leftMs);
    wire.destroy(new SilentWire(milliseconds));
    ended();
  };
  // After a busy moment of this process an answer may be there that nobody has read yet: it is read before the look.
  const arm = (afterMs: number) => {
    timer = setTimeout(() => setImmediate(look), Math.ceil(afterMs)).unref();
  };

  // One timer serves many writes: it is moved only when it fires.
  Reflect.set(wire, 'write', (...input: unknown[]) => {
    writtenAt = performance.now();
    readBefore = wire.bytesRead;
    if (timer === undefined) arm(milliseconds);
    return Reflect.apply(write, wire, input);
  });
  wire.once('close', () => clearTimeout(timer));
}
