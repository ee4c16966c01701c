/**
 * What of a batch can be read. An agent posts a batch again until it is answered with 204, so a batch that was refused
 * for its content would block its stream for ever. What does not fit is counted and left out, and all else is taken: a
 * condition without the others of its event, an event without the others of its batch.
 */

import { AgentEvent } from './agent-event.ts';

/** More events than an agent keeps. */
export const maxEventCount = 1_000;
const maxConditionCount = 32;

export interface Unreadable {
  readonly count: number;
  /** Which field is wrong, in the first that could not be read. It contains no text of the batch, which may be secret. */
  readonly example: string;
}

export interface ReadEvents {
  readonly events: readonly AgentEvent[];
  readonly unreadable: Unreadable | undefined;
}

/** Reads a list of events. `lost`: what could not even be read as JSON. */
export function readEvents(list: readonly unknown[], lost: readonly string[] = []): ReadEvents {
  const read = list.slice(0, maxEventCount).map(readEvent);
  const beyond = list.length > maxEventCount ? [`the batch has more than ${maxEventCount} events`] : [];
  const examples = [...lost, ...read.flatMap(({ examples }) => examples), ...beyond];
  const count = examples.length + Math.max(0, list.length - maxEventCount - 1);
  return {
    events: read.flatMap(({ event }) => event ?? []),
    unreadable: examples[0] === undefined ? undefined : { count, example: examples[0] },
  };
}

interface ReadEvent {
  readonly event?: AgentEvent;
  readonly examples: readonly string[];
}

function readEvent(input: unknown): ReadEvent {
  const { data, error } = AgentEvent.safeParse(input);
  if (data !== undefined) return { event: data, examples: [] };
  const [first] = error.issues;
  const example = exampleOf('event', first?.path ?? []);
  if (typeof input !== 'object' || input === null || !('conditions' in input) || !Array.isArray(input.conditions))
    return { examples: [example] };
  const { conditions } = input;
  const sound = conditions
    .slice(0, maxConditionCount)
    .filter((condition) => AgentEvent.shape.conditions.safeParse([condition]).success);
  const rest = AgentEvent.safeParse({ ...input, conditions: sound });
  if (!rest.success) return { examples: [example] };
  const lostCount = conditions.length - sound.length;
  return { ...(sound.length > 0 && { event: rest.data }), examples: Array.from({ length: lostCount }, () => example) };
}

/** Names of the schema, and places in lists. */
function exampleOf(root: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[]` : `${text}.${String(key)}`), root);
}
