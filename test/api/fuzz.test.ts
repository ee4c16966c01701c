/**
 * Requests made from the document, then bent: values of the right kind, of a wrong kind, hostile text, missing and
 * unknown fields, in bodies, queries, paths and headers. Whatever comes, no answer is a 5xx; every refusal is a problem
 * document; and what is documented to be wrong is refused.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { pino } from 'pino';
import { apiDocument } from '../../src/http/openapi/document.ts';
import { type Answer, assertProblem, startApi, type TestApi } from './harness.ts';
import { backup, setScene } from './scene.ts';

type Json = Record<string, unknown>;
const document = await apiDocument(pino({ enabled: false }));
const operations = Object.entries(document.paths)
  .flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  )
  // A cluster is really called by a check: that is another test's.
  .filter(({ operationId }) => operationId !== 'checkCluster');

const hostile = fc.constantFrom<unknown>(
  null,
  '',
  ' ',
  '\u0000',
  '\ud800',
  "'; drop table operation; --",
  '{{7*7}}',
  '../../etc/passwd',
  '%00',
  '💥'.repeat(50),
  'x'.repeat(5000),
  -1,
  0,
  1.5,
  2 ** 53,
  1e308,
  true,
  [],
  {},
  [[[]]],
  { $ne: 1 },
  '2026-05-28T10:00:00Z',
  '720h',
  '0 2 * * *',
  'constructor',
  '__proto__',
);

/** Instants at and beyond the ends of what the API takes and of what PostgreSQL stores. */
const edges = [
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+14:00',
  '1970-01-01T00:00:00Z',
  '2999-12-31T23:59:59.999Z',
  '9999-12-31T23:59:59-14:00',
  `2026-05-28T10:00:00.${'9'.repeat(200)}Z`,
];

describe('whatever is sent', () => {
  let api: TestApi;
  let ids: string[];
  let agentToken: string;
  before(async () => {
    api = await startApi();
    const scene = await setScene(api);
    const { operation } = await api.make('/v1/operations', backup(scene));
    const schedule = await api.make('/v1/schedules', {
      applicationInstanceId: scene.applicationInstanceId,
      name: 'fuzzed',
      schedule: '@daily',
    });
    ids = [...Object.values(scene), operation.id, schedule.id];
    // Of a cluster that is not among the ids, so that no request revokes it.
    const other = await setScene(api, 'org-agent', api.adminKey, '-agent');
    agentToken = (await api.make(`/v1/clusters/${other.clusterId}/agent-token`, undefined)).token;
  });
  after(() => api.close());

  /** A value of this schema, more or less. */
  function someOf(schema: Json, depth = 0): fc.Arbitrary<unknown> {
    if (typeof schema.$ref === 'string')
      return someOf(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, depth);
    if (Array.isArray(schema.allOf)) return someOf(schema.allOf[0], depth);
    const words = schema.enum ?? schema['x-extensible-enum'];
    if (Array.isArray(words)) return fc.constantFrom<unknown>(...words);
    switch (schema.type) {
      case 'object':
        return depth > 4 ? fc.constant({}) : objectOf(schema, depth);
      case 'array':
        return fc.array(someOf(Object(schema.items), depth + 1), { maxLength: 4 });
      case 'boolean':
        return fc.boolean();
      case 'integer':
        return fc.oneof(
          fc.integer({ min: -5, max: 300 }),
          fc.constantFrom(schema.minimum ?? 0, schema.maximum ?? 2 ** 31),
        );
      default:
        return textOf(schema);
    }
  }

  function objectOf(schema: Json, depth: number): fc.Arbitrary<unknown> {
    const entries = Object.entries(Object(schema.properties)).map(([key, each]): [string, fc.Arbitrary<unknown>] => [
      key,
      fc.oneof({ weight: 12, arbitrary: someOf(Object(each), depth + 1) }, { weight: 1, arbitrary: hostile }),
    ]);
    const fields: Record<string, fc.Arbitrary<unknown>> = Object.fromEntries(entries);
    const required = Object.keys(fields).filter(
      (key) => Array.isArray(schema.required) && schema.required.includes(key),
    );
    const known = fc.record(fields, { requiredKeys: required });
    const unknown = fc.dictionary(fc.string({ minLength: 1, maxLength: 12 }), hostile, { maxKeys: 2 });
    return fc.oneof(
      { weight: 6, arbitrary: known },
      { weight: 1, arbitrary: fc.tuple(known, unknown).map(([a, b]) => ({ ...a, ...b })) },
    );
  }

  function textOf({ format, example, pattern }: Json): fc.Arbitrary<unknown> {
    if (format === 'uuid') return fc.oneof(fc.constantFrom(...ids), fc.uuid());
    if (format === 'date-time')
      return fc.oneof(
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        fc
          .date({ noInvalidDate: true, min: new Date(0), max: new Date('3000-01-02') })
          .map((date) => date.toISOString()),
        fc.constantFrom(...edges),
      );
    const fitting = typeof pattern === 'string' ? fc.stringMatching(new RegExp(pattern)) : fc.string({ maxLength: 40 });
    return typeof example === 'string' ? fc.oneof(fc.constant(example), fitting) : fitting;
  }

  const reasonOf = ({ text, headers }: Answer) =>
    [
      text,
      ...api
        .logged()
        .split('\n')
        .filter((line) => line.includes(String(headers['x-request-id']))),
    ].join('\n');

  const requestsOf = (operation: (typeof operations)[number]) => {
    const { parameters = [], requestBody } = operation;
    const schema = requestBody?.content['application/json']?.schema;
    const query = Object.fromEntries(
      parameters
        .filter((parameter) => parameter.in === 'query')
        .map(({ name, schema: each }) => [
          name,
          fc.oneof({ weight: 4, arbitrary: someOf(Object(each)) }, { weight: 1, arbitrary: hostile }),
        ]),
    );
    const headers = Object.fromEntries(
      parameters
        .filter((parameter) => parameter.in === 'header')
        .map(({ name }) => [name, fc.constantFrom('"1"', '*', 'W/"2"', 'a', '', 'Jos\u00e9', '"', 'x'.repeat(300))]),
    );
    return fc.record({
      operation: fc.constant(operation),
      id: fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom(...ids) },
        {
          weight: 1,
          arbitrary: fc.constantFrom('x', '%00', '%F0%9F', '..%2F', "'", '00000000-0000-0000-0000-000000000000'),
        },
      ),
      query: fc.record(query, { requiredKeys: [] }),
      headers: fc
        .record(headers, { requiredKeys: [] })
        .map((some) => Object.fromEntries(Object.entries(some).map(([name, value]) => [name, String(value)]))),
      body:
        schema === undefined
          ? fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: hostile })
          : fc.oneof({ weight: 9, arbitrary: someOf(Object(schema)) }, { weight: 1, arbitrary: hostile }),
      key: fc.constantFrom('adminKey' as const, 'otherKey' as const),
    });
  };

  test('no answer is a failure of ours, and every refusal is a declared problem', async () => {
    const runs = Number(process.env.FUZZ_RUNS ?? 2500);
    const seen = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(
        fc.noShrink(fc.oneof(...operations.map(requestsOf))),
        async ({ operation, id, query, headers, body, key }) => {
          const search = new URLSearchParams(
            Object.entries(query).map(([name, value]): [string, string] => [
              name,
              typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value),
            ]),
          );
          const path = `${operation.path.replaceAll(/\{\w+\}/g, id)}?${search}`;
          const method = operation.method;
          const ofAgent = operation['x-required-scope'] === 'agentToken';
          const answer = await api.call(method, path, {
            headers,
            key: ofAgent ? agentToken : api[key],
            ...(body !== undefined && method !== 'GET' && { body: JSON.stringify(body) }),
          });
          seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
          if (answer.status >= 500)
            assert.fail(`${method} ${path} ${JSON.stringify({ headers, body })}: ${reasonOf(answer)}`);
          if (answer.status >= 400 && ofAgent)
            assert.deepEqual(Object.keys(answer.body).sort(), ['error', 'message', 'requestId'], answer.text);
          else if (answer.status >= 400) assertProblem(answer, answer.status);
          const declared = Object.keys(operation.responses);
          assert.ok(
            declared.includes(String(answer.status)) || (answer.status >= 400 && declared.includes('default')),
            `${operation.operationId} does not declare ${answer.status}: ${answer.text}`,
          );
        },
      ),
      { numRuns: runs },
    );
    for (const status of [200, 201, 400, 404, 422])
      assert.ok((seen.get(status) ?? 0) > 0, `no answer was ${status}: ${JSON.stringify([...seen])}`);
  });
});
