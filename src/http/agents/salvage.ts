/**
 * Finds the events of a batch in its text, whatever the text is. Where it is no JSON as a whole, because it is cut or
 * damaged, the events that stand complete before the damage are found all the same.
 */

export interface Salvaged {
  readonly events: readonly unknown[];
  /** What could not be read, in words that repeat none of the text. */
  readonly lost: readonly string[];
}

export function eventsIn(text: string): Salvaged {
  const whole = parsed(text);
  if (whole === undefined) return scanned(text);
  if (typeof whole === 'object' && whole !== null && 'events' in whole && Array.isArray(whole.events))
    return { events: whole.events, lost: [] };
  return { events: [], lost: ['the batch has no list of events'] };
}

function scanned(text: string): Salvaged {
  const start = /"events"\s*:\s*\[/.exec(text);
  if (start === null) return { events: [], lost: ['the batch is no JSON'] };
  const events: unknown[] = [];
  let from = start.index + start[0].length;
  for (;;) {
    const begin = text.indexOf('{', from);
    if (begin === -1) break;
    const end = endOfObject(text, begin);
    if (end === undefined) break;
    const event = parsed(text.slice(begin, end));
    if (event === undefined) break;
    events.push(event);
    from = end;
  }
  return { events, lost: ['the batch is cut or damaged'] };
}

/** Behind the brace that closes the object; `undefined` when none does. */
function endOfObject(text: string, begin: number): number | undefined {
  let depth = 0;
  let inText = false;
  for (let at = begin; at < text.length; at += 1) {
    const letter = text[at];
    if (inText) {
      if (letter === '\\') at += 1;
      else if (letter === '"') inText = false;
    } else if (letter === '"') inText = true;
    else if (letter === '{') depth += 1;
    else if (letter === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
