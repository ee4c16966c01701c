/** The lines of a stream that may stop at any byte, never end, or be one endless line. */
import { UnreachableError } from './unreachable.ts';

/** Yields complete lines. A rest without a line's end was cut off and is dropped; the resumed stream repeats it. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, maxLineBytes: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const pieces = decoder.decode(chunk, { stream: true }).split('\n');
    const rest = pieces.pop() ?? '';
    for (const piece of pieces) {
      const line = parts.length === 0 ? piece : `${parts.join('')}${piece}`;
      parts = [];
      size = 0;
      if (line !== '') yield line;
    }
    parts.push(rest);
    size += rest.length;
    if (size > maxLineBytes)
      throw new UnreachableError(`one event of the watch is larger than ${Math.round(maxLineBytes / 1024)} KiB`);
  }
}

/** Calls `silence` when no chunk came for `seconds`. The time that the reader takes itself does not count. */
export async function* noticingSilence(
  chunks: AsyncIterable<Uint8Array>,
  seconds: number,
  silence: () => void,
): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const timer = setTimeout(silence, seconds * 1000);
      const next = await iterator.next().finally(() => clearTimeout(timer));
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}
