// kubectl sends built-in types in Kubernetes' protobuf envelope. Read here for the few built-in types that kubectl
// writes: the two access reviews and namespaces. Answers are JSON, which every client accepts.

import type { Json, JsonObject } from './json.ts';

interface Message {
  readonly fields: readonly { readonly number: number; readonly bytes: Buffer }[];
}

/** What a message's numbered fields mean: text, a message, or a map entry of texts. */
type Shape = Readonly<Record<number, readonly [name: string, shape: 'text' | 'map' | Shape]>>;

const REVIEW_ATTRIBUTES: Shape = {
  1: ['namespace', 'text'],
  2: ['verb', 'text'],
  3: ['group', 'text'],
  4: ['version', 'text'],
  5: ['resource', 'text'],
  6: ['subresource', 'text'],
  7: ['name', 'text'],
};
const METADATA: Shape = {
  1: ['name', 'text'],
  2: ['generateName', 'text'],
  11: ['labels', 'map'],
  12: ['annotations', 'map'],
};
const SHAPES: Readonly<Record<string, Shape>> = {
  SelfSubjectAccessReview: {
    2: [
      'spec',
      {
        1: ['resourceAttributes', REVIEW_ATTRIBUTES],
        2: ['nonResourceAttributes', { 1: ['path', 'text'], 2: ['verb', 'text'] }],
      },
    ],
  },
  SelfSubjectRulesReview: { 2: ['spec', { 1: ['namespace', 'text'] }] },
  Namespace: { 1: ['metadata', METADATA] },
};

const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

function messageOf(bytes: Buffer): Message {
  const fields: { number: number; bytes: Buffer }[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const key = varint();
    const wire = key & 7;
    if (wire === 0) varint();
    else if (wire === 2) {
      const length = varint();
      fields.push({ number: key >>> 3, bytes: bytes.subarray(at, at + length) });
      at += length;
    } else at += wire === 5 ? 4 : 8;
  }
  return { fields };
}

const textOf = (bytes: Buffer, number: number): string =>
  messageOf(bytes)
    .fields.find((field) => field.number === number)
    ?.bytes.toString('utf8') ?? '';

function objectOf(bytes: Buffer, shape: Shape): JsonObject {
  const object: JsonObject = {};
  for (const field of messageOf(bytes).fields) {
    const known = shape[field.number];
    if (known === undefined) continue;
    const [name, kind] = known;
    const before: Json = object[name] ?? {};
    if (kind === 'text') {
      const value = field.bytes.toString('utf8');
      if (value !== '') object[name] = value;
    } else if (kind === 'map') object[name] = { ...Object(before), [textOf(field.bytes, 1)]: textOf(field.bytes, 2) };
    else object[name] = objectOf(field.bytes, kind);
  }
  return object;
}

/** The object in the envelope as JSON text; undefined when it is no envelope, or of a type that is not read here. */
export function fromProtobuf(body: Buffer): string | undefined {
  if (!body.subarray(0, 4).equals(MAGIC)) return undefined;
  const { fields } = messageOf(body.subarray(4));
  const type = fields.find((field) => field.number === 1)?.bytes ?? Buffer.alloc(0);
  const raw = fields.find((field) => field.number === 2)?.bytes ?? Buffer.alloc(0);
  const kind = textOf(type, 2);
  const shape = Object.hasOwn(SHAPES, kind) ? SHAPES[kind] : undefined;
  return shape === undefined
    ? undefined
    : JSON.stringify({ apiVersion: textOf(type, 1), kind, ...objectOf(raw, shape) });
}
