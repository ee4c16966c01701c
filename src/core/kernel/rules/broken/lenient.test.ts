import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { leniently } from './lenient.ts';

const Row = z.object({
  name: z.string().max(3),
  cadence: z.enum(['daily']),
  count: z.int().min(1),
  suspend: z.boolean(),
  note: z.string().optional(),
  limit: z.int().max(9).nullable().optional(),
  template: z.strictObject({ ttl: z.string().optional() }),
  conditions: z.array(z.object({ type: z.string(), status: z.enum(['True', 'False']) })),
  outputs: z.record(z.string(), z.string()),
});
const whole = {
  name: 'abc',
  cadence: 'daily',
  count: 1,
  suspend: false,
  template: { ttl: '24h' },
  conditions: [{ type: 'Ready', status: 'True' }],
  outputs: {},
};

test('what fits is as the schema has it, without what the schema does not know', () => {
  assert.deepEqual(leniently(Row, { ...whole, hash: 'secret' }), whole);
});

test('what fits is as its schema reads it, of whatever kind the schema is', () => {
  const Kinds = z.object({
    either: z.union([z.object({ a: z.string() }), z.array(z.string())]),
    anything: z.unknown(),
    given: z.int().default(7),
    lower: z.string().transform((text) => text.toLowerCase()),
    broken: z.int(),
  });
  const stored = { either: ['x'], anything: { b: [1] }, lower: 'LOWER', broken: 1 };
  const read = { ...stored, given: 7, lower: 'lower' };
  assert.deepEqual(leniently(Kinds, stored), read);
  assert.deepEqual(leniently(Kinds, { ...stored, broken: '1' }), { ...read, broken: 0 }, 'beside what is broken');
});

for (const [what, stored, shown] of [
  [
    'a text that breaks a rule stays',
    { name: 'abcdef', cadence: 'fortnightly' },
    { name: 'abcdef', cadence: 'fortnightly' },
  ],
  ['a number that breaks a rule stays', { count: 0 }, { count: 0 }],
  [
    'a number and a boolean of another kind are 0 and false',
    { count: '7', suspend: 'yes' },
    { count: 0, suspend: false },
  ],
  ['a text that is no text and may not be absent shows nothing of an object', { name: { a: 1 } }, { name: '' }],
  ['what may be absent and breaks a rule of its kind stays', { limit: 99 }, { limit: 99 }],
  ['what may be null is left out when it is of another kind', { limit: '99' }, {}],
  [
    'a list or an object in the place of the other is none',
    { template: 'x', outputs: [1] },
    { template: {}, outputs: {} },
  ],
  ['what may be absent is left out', { note: 7 }, {}],
  ['a text that may not be absent is its value as a text', { name: 7, cadence: null }, { name: '7', cadence: '' }],
  ['an object of another kind is empty', { template: [1], outputs: 'x' }, { template: {}, outputs: {} }],
  ['an object keeps only what the schema knows', { template: { ttl: 7, hash: 'secret' } }, { template: {} }],
  ['a list of another kind is empty', { conditions: {} }, { conditions: [] }],
  [
    'each part of a list is mended by itself',
    {
      conditions: [
        { type: 'A', status: 'True' },
        { type: 'B', status: 'Perhaps', hash: 'secret' },
      ],
    },
    {
      conditions: [
        { type: 'A', status: 'True' },
        { type: 'B', status: 'Perhaps' },
      ],
    },
  ],
] as const) {
  test(what, () => {
    assert.deepEqual(leniently(Row, { ...whole, ...stored }), { ...whole, ...shown });
  });
}
