/** What a client is told of input that is wrong: which status, which fields, and what to write instead. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { GivenInstant, Id } from '../../core/kernel/rules/fields.ts';
import { invalidInput } from './invalid-input.ts';
import { suggestionFor } from './suggestions.ts';

const Body = z.strictObject({
  name: z.string().min(1).max(8).optional(),
  note: z.string().min(2).optional(),
  id: Id.optional(),
  at: GivenInstant.optional(),
  kind: z.enum(['Backup', 'Restore']).optional(),
  one: z.literal('only').optional(),
  flag: z.boolean().optional(),
  count: z.int().min(3).max(5).optional(),
  tags: z.array(z.string()).min(1).max(2).optional(),
  labels: z.record(z.string().regex(/^[a-z]+$/, 'must be letters'), z.string()).optional(),
  pattern: z.string().regex(/^a/, 'must begin with a').optional(),
  parts: z.array(z.strictObject({ cadence: z.string() })).optional(),
  parameters: z.strictObject({ snapshotVolumes: z.boolean().optional() }).nullable().optional(),
});
const Needy = z.strictObject({ name: z.string(), kind: z.enum(['Backup']) });

function told(schema: z.ZodType, input: unknown, part = 'body') {
  const { error } = schema.safeParse(input, { reportInput: true });
  assert.ok(error, 'it is well');
  const { code, message, errors } = invalidInput({ part, schema, input, issues: error.issues });
  return { code, message, errors: errors.map(({ pointer, detail }) => `${pointer} ${detail}`) };
}

describe('input that is wrong', () => {
  const id = '01890000-0000-7000-8000-000000000001';
  test('in its shape is an invalid request, and in a rule of a field a broken rule', () => {
    for (const [input, code, said] of [
      [{ name: 1 }, 'invalid-request', '/name must be a string, not a number.'],
      [{ name: null }, 'invalid-request', '/name must be a string, not null.'],
      [{ name: [] }, 'invalid-request', '/name must be a string, not an array.'],
      [{ name: {} }, 'invalid-request', '/name must be a string, not an object.'],
      [{ tags: {} }, 'invalid-request', '/tags must be an array, not an object.'],
      [{ labels: 'a' }, 'invalid-request', '/labels must be an object, not a string.'],
      [{ flag: 'true' }, 'invalid-request', '/flag must be a boolean, not a string.'],
      [{ kind: 3 }, 'invalid-request', '/kind must be one of Backup, Restore.'],
      [{ id: 'x' }, 'invalid-request', '/id must be a UUID.'],
      [{ name: '' }, 'rule-violated', '/name must have at least 1 character.'],
      [{ note: 'a' }, 'rule-violated', '/note must have at least 2 characters.'],
      [{ name: 'a'.repeat(9) }, 'rule-violated', '/name must have at most 8 characters.'],
      [{ kind: 'Other' }, 'rule-violated', '/kind must be one of Backup, Restore.'],
      [{ one: 'other' }, 'rule-violated', '/one must be only.'],
      [
        { at: 'now' },
        'rule-violated',
        '/at must be a moment as in RFC 3339 with a zone, for example 2026-05-28T10:00:00Z.',
      ],
      [{ count: 2 }, 'rule-violated', '/count must be at least 3.'],
      [{ count: 6 }, 'rule-violated', '/count must be at most 5.'],
      [{ tags: [] }, 'rule-violated', '/tags must have at least 1 item.'],
      [{ tags: ['a', 'b', 'c'] }, 'rule-violated', '/tags must have at most 2 items.'],
      [{ labels: { A: 'a' } }, 'rule-violated', '/labels/A has a key that must be letters.'],
      [{ pattern: 'b' }, 'rule-violated', '/pattern must begin with a.'],
    ] as const) {
      const answer = told(Body, input);
      assert.deepEqual(answer, { code, message: said, errors: [said] });
    }
    assert.equal(Body.safeParse({ id, at: '2026-05-28T10:00:00Z' }).success, true);
  });

  test('with a field that is missing says that it is needed, and so does a body that is not there', () => {
    assert.deepEqual(told(Needy, {}).errors, ['/name is needed.', '/kind is needed.']);
    assert.deepEqual(told(Needy, null), {
      code: 'invalid-request',
      message: 'The body is needed.',
      errors: [' is needed.'],
    });
    assert.deepEqual(told(Needy, undefined).errors, [' is needed.']);
    assert.deepEqual(told(Needy, 'text').errors, [' must be an object, not a string.']);
  });

  test('in several fields is told of each field once, fifty at most, and one wrong shape makes it an invalid request', () => {
    const { code, message, errors } = told(Body, { name: '', count: 2, flag: 1 });
    assert.deepEqual([code, message], ['invalid-request', '3 parts of the request are wrong; see errors.']);
    assert.deepEqual(errors, [
      '/name must have at least 1 character.',
      '/flag must be a boolean, not a number.',
      '/count must be at least 3.',
    ]);
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`x${n}`, n]));
    assert.equal(told(Body, many).errors.length, 50);
    const Twice = z.object({ name: z.string().min(3).regex(/^a/, 'must begin with a') });
    assert.deepEqual(told(Twice, { name: 'b' }).errors, ['/name must have at least 3 characters.']);
  });

  test('with a key that is not known names the one that is meant, or what takes its place', () => {
    assert.deepEqual(told(Body, { nname: 'a', zzz: 1 }).errors, [
      '/nname is not known here: did you mean name?',
      '/zzz is not known here.',
    ]);
    assert.deepEqual(told(Body, { parts: [{ cadence: 'daily', cadense: 1 }] }).errors, [
      '/parts/0/cadense is not known here: did you mean cadence?',
    ]);
    assert.match(
      told(Body, { parameters: { hooks: 1 } }).errors[0] ?? '',
      /^\/parameters\/hooks is not known here: no operator accepts it/,
    );
  });

  test('in a path, a query or a header is an invalid request, and says where; a query says what it takes', () => {
    const Query = z.strictObject({ limit: z.int().max(200).optional(), cursor: z.string().optional() });
    assert.deepEqual(told(Query, { limit: 201 }, 'querystring'), {
      ...{
        code: 'invalid-request',
        message: 'query/limit must be at most 200.',
        errors: ['query/limit must be at most 200.'],
      },
    });
    assert.deepEqual(told(Query, { limits: 1 }, 'querystring').errors, [
      'query/limits is not known here: did you mean limit? This address takes limit, cursor.',
    ]);
    assert.deepEqual(told(z.strictObject({}), { limit: 1 }, 'querystring').errors, [
      'query/limit is not known here. This address takes no query parameters.',
    ]);
    assert.deepEqual(told(z.strictObject({ id: Id }), { id: 'x' }, 'params').errors, ['path/id must be a UUID.']);
    const Headers = z.looseObject({ 'idempotency-key': z.string().max(3) });
    assert.deepEqual(told(Headers, { 'idempotency-key': 'long' }, 'headers').errors, [
      'header/Idempotency-Key must have at most 3 characters.',
    ]);
    const [long = ''] = told(z.strictObject({}), { ['x'.repeat(200)]: 1 }, 'querystring').errors;
    assert.ok(long.startsWith(`query/${'x'.repeat(100)} is`), 'a name is told up to a hundred characters');
  });
});

test('a key is taken for another up to two letters away, for a third of its letters at most, however it is written', () => {
  const schema = z.object({
    timeZone: z.string(),
    name: z.string(),
    at: z.string(),
    applicationInstanceId: z.string(),
  });
  for (const [key, meant] of [
    ['time_zone', 'timeZone'],
    ['TIME-ZONE', 'timeZone'],
    ['timezon', 'timeZone'],
    ['T-I-M-E-Z-O-N-E', 'timeZone'],
    ['applicationInstanceIdXyz', undefined],
    ['timeZones', 'timeZone'],
    ['time', undefined],
    ['nam', 'name'],
    ['nme', 'name'],
    ['mane', undefined],
    ['name1', 'name'],
    ['a', undefined],
    ['applicationInstance', 'applicationInstanceId'],
    ['x'.repeat(65), undefined],
  ] as const)
    assert.equal(suggestionFor(key, [], schema), meant === undefined ? undefined : `did you mean ${meant}?`, key);
  const near = z.object({ timeZones: z.string(), timeZone: z.string() });
  assert.equal(suggestionFor('timeZon', [], near), 'did you mean timeZone?', 'the nearest');
  const padded = z.object({ ['a'.repeat(65)]: z.string() });
  assert.equal(suggestionFor('a'.repeat(64), [], padded), `did you mean ${'a'.repeat(65)}?`);
  assert.equal(suggestionFor('name', ['else'], schema), undefined);
  assert.equal(
    suggestionFor('nam', ['list', 0], z.object({ list: z.array(schema).optional().nullable() })),
    'did you mean name?',
  );
  assert.equal(suggestionFor('nam', ['list'], z.object({ list: z.array(schema).default([]) })), undefined);
});
