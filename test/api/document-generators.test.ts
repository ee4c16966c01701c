/**
 * What generators of clients make of the document. They name what has no name after its place, read integers without a
 * format into 32 bits, and refuse a whole answer with a value that its enum does not list.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pino } from 'pino';
import { apiDocument } from '../../src/http/openapi/document.ts';

type Json = Record<string, unknown>;
const document = await apiDocument(pino({ enabled: false }));
const { schemas, responses, securitySchemes } = document.components;
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, ...operation })),
);

/** Every object within, with where it is. */
function nodesOf(value: unknown, at = '#'): { at: string; node: Json }[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, each]) => nodesOf(each, `${at}/${key}`));
  return Array.isArray(value) ? inner : [{ at, node: value as Json }, ...inner];
}

/** Every object that these parts contain, directly or through references. */
function reached(parts: unknown): { at: string; node: Json }[] {
  const seen = new Set<string>();
  const found: { at: string; node: Json }[] = [];
  const waiting: { at: string; value: unknown }[] = [{ at: '', value: parts }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const each of nodesOf(next.value, next.at)) {
      found.push(each);
      const { $ref } = each.node;
      if (typeof $ref !== 'string' || seen.has($ref)) continue;
      seen.add($ref);
      const name = $ref.split('/').at(-1) ?? '';
      waiting.push({ at: name, value: $ref.includes('/responses/') ? responses[name] : schemas[name] });
    }
  }
  return found;
}

const requests = operations.map(({ operationId, parameters, requestBody }) => ({
  operationId,
  parts: [parameters, requestBody],
}));

const pascal = (text: string) =>
  text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

/** The names that generators make up for what has none, by where it is. */
function automaticNames(): Map<string, string> {
  const names = new Map<string, string>();
  const add = (name: string, at: string) => names.set(name.toLowerCase(), at);
  const isReference = ({ $ref, allOf }: Json) => $ref !== undefined || allOf !== undefined;
  const isPlain = ({ type, enum: values }: Json) =>
    values === undefined && ['string', 'integer', 'number', 'boolean'].includes(String(type));
  const visit = (schema: Json, name: string, at: string): void => {
    for (const [key, property] of Object.entries(Object(schema.properties) as Record<string, Json>)) {
      if (isReference(property) || isPlain(property)) continue;
      const inner = `${name}${pascal(key)}`;
      add(inner, `${at}.${key}`);
      visit(property, inner, `${at}.${key}`);
    }
    for (const [key, suffixes] of [
      ['items', ['Item', 'Items', 'Inner']],
      ['additionalProperties', ['AdditionalProperty', 'AdditionalProperties', 'Value']],
    ] as const) {
      const part = schema[key];
      if (typeof part !== 'object' || part === null || isReference(part as Json)) continue;
      for (const suffix of suffixes) add(`${name}${suffix}`, `${at}.${key}`);
      visit(part as Json, `${name}${suffixes[0]}`, `${at}.${key}`);
    }
  };
  for (const [name, schema] of Object.entries(schemas)) visit(schema, name, name);
  for (const { operationId } of operations) {
    for (const suffix of ['Request', 'RequestBody', 'Response', 'Params', 'Parameters', 'Body', 'Result', 'Error'])
      add(`${pascal(operationId)}${suffix}`, operationId);
    for (const status of ['200', '201', '204', 'Default']) {
      add(`${pascal(operationId)}${status}Response`, operationId);
      add(`${pascal(operationId)}Response${status}`, operationId);
    }
  }
  return names;
}

describe('a generator of clients', () => {
  test('finds no component with the name that it makes up for something else', () => {
    const made = automaticNames();
    const named = Object.keys(schemas).map((name) => name.toLowerCase());
    assert.equal(new Set(named).size, named.length, 'two schemas differ in capitals only');
    for (const name of Object.keys(schemas))
      assert.equal(made.get(name.toLowerCase()), undefined, `${name} is also the automatic name`);
    for (const scheme of Object.keys(securitySchemes)) {
      assert.ok(!named.includes(pascal(scheme).toLowerCase()), `${scheme} is a security scheme and a schema`);
      assert.equal(made.get(pascal(scheme).toLowerCase()), undefined, scheme);
    }
    for (const name of Object.keys(responses)) assert.ok(!named.includes(name.toLowerCase()), `${name} is two things`);
  });

  test('reads every integer into as many bits as it needs', () => {
    for (const { at, node } of nodesOf(document)) {
      if (node.type !== 'integer') continue;
      const large = node.maximum === undefined || Number(node.maximum) > 2 ** 31 - 1;
      assert.equal(node.format, large && !at.includes('/RetryAfter/') ? 'int64' : 'int32', at);
    }
  });

  test('makes a client that takes values of later versions: enums are in requests only', () => {
    const answers = reached(operations.map((operation) => operation.responses));
    for (const { at, node } of answers) assert.ok(at.endsWith('/properties') || !Object.hasOwn(node, 'enum'), at);
    const opened = answers.filter(({ node }) => Object.hasOwn(node, 'x-extensible-enum'));
    assert.ok(opened.length > 20);
    for (const { at, node } of opened) assert.equal(node.type, 'string', at);
    assert.match(document.info.description, /x-extensible-enum/);
    const closed = reached(requests).filter(({ node }) => Array.isArray(node.enum));
    for (const name of ['ConcurrencyPolicy', 'Cadence', 'Phase', 'RequestedType', 'CreationOrder'])
      assert.ok(
        closed.some(({ at }) => at === name),
        `${name} is no enum in requests`,
      );
  });

  test('finds different names for the values of each enum', () => {
    for (const { at, node } of nodesOf(schemas)) {
      if (!Array.isArray(node.enum)) continue;
      const names = (node['x-enum-varnames'] ?? node.enum) as string[];
      assert.equal(names.length, node.enum.length, at);
      const made = names.map((name) => name.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase());
      assert.equal(new Set(made).size, made.length, `${at}: ${names}`);
    }
  });

  test('finds defaults where it looks for them, and none in a change', () => {
    for (const { at, node } of nodesOf(document)) {
      if (typeof node.description !== 'string' || at === '#/info') continue;
      assert.doesNotMatch(
        node.description,
        /\b[Dd]efault(?:s to)?:? (?:is )?`?(?:\d+(?! ?[hd]\b)|true|false|none|None|Forbid|Latest|Defer|velero|Backup|Etc\/UTC)\b/,
        at,
      );
    }
    // A client that fills in the default of an absent field would change what the request leaves alone.
    for (const { operationId, parts } of requests.filter((_, index) => operations[index]?.method === 'patch')) {
      for (const { at, node } of nodesOf(parts, operationId).concat(reached(parts)))
        if (at.endsWith('Change')) {
          for (const [key, property] of Object.entries(Object(node.properties) as Record<string, Json>))
            assert.equal(property.default, undefined, `${at}.${key}`);
        }
    }
  });

  test('sends instants that the service computes with: every one in a request is bounded', () => {
    // An agent's are judged one by one: a refused batch would be posted again for ever.
    for (const { operationId, parts } of requests.filter((each) => each.operationId !== 'reportAgentEvents')) {
      for (const { at, node } of reached(parts)) {
        if (node.format !== 'date-time') continue;
        const bounds = [node['x-minimum'], node['x-maximum']];
        assert.deepEqual(bounds, ['1970-01-01T00:00:00.000Z', '2999-12-31T23:59:59.999Z'], `${operationId}: ${at}`);
      }
    }
  });

  test('checks a ttl by a pattern that allows what the service does', () => {
    for (const [name, endings] of [
      ['Ttl', ['h']],
      ['GivenTtl', ['h', 'h0m', 'h0s', 'h0m0s']],
    ] as const) {
      const pattern = new RegExp(String(schemas[name]?.pattern));
      for (const ending of endings) {
        for (const hours of [
          0, 1, 9, 10, 720, 9_999, 99_999, 100_000, 169_999, 174_999, 175_679, 175_680, 175_681, 176_000, 999_999,
        ])
          assert.equal(pattern.test(`${hours}${ending}`), hours >= 1 && hours <= 175_680, `${hours}${ending}`);
      }
      for (const ttl of ['30d', '1.5h', '720', '90m', '-1h', '720H', '0720h', ' 720h', '720h ', '1e3h', '720h1m', ''])
        assert.equal(pattern.test(ttl), false, ttl);
    }
  });

  test('gets the manifest of an Operation as JSON, with YAML beside it', () => {
    const manifest = operations.find(({ operationId }) => operationId === 'getOperationManifest');
    const answer = manifest?.responses['200'];
    assert.ok(answer !== undefined && 'content' in answer);
    assert.deepEqual(Object.keys(answer.content ?? {}), ['application/json', 'application/yaml']);
  });

  test('finds dryRun on every POST that makes an Operation', () => {
    const making = ['createOperation', 'triggerSchedule', 'backfillSchedule', 'resumeSchedule'];
    for (const { operationId, parameters = [] } of operations) {
      const dryRun = parameters.find(({ name }) => name === 'dryRun');
      assert.equal(dryRun !== undefined, making.includes(operationId), operationId);
      if (dryRun !== undefined) assert.deepEqual(dryRun.schema, { type: 'boolean', default: false });
    }
  });
});
