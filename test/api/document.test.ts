import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { pino } from 'pino';
import { apiDocument } from '../../src/http/openapi/document.ts';
import { operationsText } from '../../src/http/openapi/operations-text.ts';

type Json = Record<string, unknown>;
const document = await apiDocument(pino({ enabled: false }));
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, ...operation })),
);

/** Every object within, with where it is. */
function nodesOf(value: unknown, at = '#'): { at: string; node: Json }[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, each]) => nodesOf(each, `${at}/${key.replaceAll('/', '~1')}`));
  return Array.isArray(value) ? inner : [{ at, node: value as Json }, ...inner];
}

const nodes = nodesOf(document);

describe('the document', () => {
  test('is what is committed', async () => {
    const committed = (name: string) => readFile(new URL(`../../openapi/${name}`, import.meta.url), 'utf8');
    assert.deepEqual(JSON.parse(await committed('openapi.json')), JSON.parse(JSON.stringify(document)));
    assert.equal(await committed('operations.txt'), operationsText(document));
  });

  test('resolves every reference, and holds no component that nothing refers to', () => {
    const refs = nodes.flatMap(({ node }) => (typeof node.$ref === 'string' ? [node.$ref] : []));
    const targets = new Set(nodes.map(({ at }) => at));
    for (const ref of refs) assert.ok(targets.has(ref), ref);
    for (const kind of ['schemas', 'responses', 'headers'] as const) {
      for (const name of Object.keys(document.components[kind]))
        assert.ok(refs.includes(`#/components/${kind}/${name}`), name);
    }
  });

  test('names every operation once, verb and noun, with a summary, a description, a tag and its scope', () => {
    const ids = operations.map(({ operationId }) => operationId);
    assert.equal(new Set(ids).size, ids.length);
    const tags = (document as unknown as { tags: { name: string }[] }).tags.map(({ name }) => name);
    for (const { operationId, summary, description, tags: own, ...operation } of operations) {
      assert.match(
        operationId,
        /^(create|register|list|get|change|put|remove|check|cancel|revoke|adopt|suspend|resume|trigger|backfill|preview|apply|detach|forecast|report|retire|move)[A-Z]/,
      );
      assert.ok(summary.length > 5 && description.length > 10, operationId);
      assert.ok(own.length === 1 && own.every((tag) => tags.includes(tag)), operationId);
      assert.ok(operation['x-required-scope'], operationId);
      assert.equal(operation['x-required-scope'] === 'public', operation.security?.length === 0, operationId);
    }
  });

  test('declares success, and every refusal that can be met', () => {
    for (const { operationId, path, method, responses, requestBody, parameters = [], ...operation } of operations) {
      if (operation['x-required-scope'] === 'public') continue;
      const ofAgent = operation['x-required-scope'] === 'agentToken';
      const statuses = Object.keys(responses);
      assert.ok(
        statuses.some((status) => status.startsWith('2')),
        operationId,
      );
      const expected = ['default'];
      if (path.includes('{id}')) expected.push('404');
      if (method === 'post' && !ofAgent) expected.push('409', '422');
      if (requestBody !== undefined && !ofAgent) expected.push('422');
      if (parameters.some(({ name }) => name === 'If-Match')) expected.push('412');
      if (parameters.some(({ name }) => name === 'If-None-Match')) expected.push('304');
      for (const status of expected) assert.ok(statuses.includes(status), `${operationId} ${status}`);
      for (const status of statuses.filter((each) => each >= '400')) {
        assert.ok('$ref' in (responses[status] ?? {}), `${operationId} ${status}`);
        // What is the same for every operation is said once.
        assert.ok(['404', '409', '412', '422', 'default'].includes(status), `${operationId} ${status}`);
      }
    }
  });

  test('gives bodies and answers by named schemas only', () => {
    for (const { operationId, requestBody, responses } of operations) {
      const media = [requestBody, ...Object.values(responses)].flatMap((part) =>
        Object.values((part as Json | undefined)?.content ?? {}),
      );
      for (const { schema } of media as { schema: Json }[])
        assert.deepEqual(Object.keys(schema), ['$ref'], operationId);
    }
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      assert.doesNotMatch(name, /Input$/);
      assert.ok(schema.description, `${name} has no description`);
      for (const { at, node } of nodesOf(schema.properties ?? {}, name)) {
        assert.ok(at === name || node.properties === undefined, `${at} is a nested schema without a name`);
      }
    }
  });

  test('uses nothing that breaks generators: null in alternatives, alternatives without discriminator, types as lists', () => {
    for (const { at, node } of nodes.filter(({ at }) => !at.includes('/examples/'))) {
      for (const key of ['anyOf', 'oneOf', 'const', 'patternProperties', '$schema', 'exclusiveMinimum'])
        assert.ok(at.endsWith('/properties') || !Object.hasOwn(node, key), `${at}/${key}`);
      assert.ok(!Array.isArray(node.type) && node.type !== 'null', at);
      if (node.format === 'date-time' || node.format === 'uuid') assert.equal(node.pattern, undefined, at);
      if (node.nullable === true) assert.ok(typeof node.type === 'string' && node.allOf === undefined, at);
      if (typeof node.pattern === 'string') assert.doesNotMatch(node.pattern, /\\p|\(\?/, at);
    }
  });

  test('says what a recurrence means: the days, the names of Sunday, and each change of the clocks', () => {
    const { description = '' } = document.components.schemas.GivenCronExpression ?? {};
    for (const said of [
      /0 and 7 are Sunday/,
      /both restricted, a day matches if either one does/,
      /to a later time, a slot that the clock leaves out fires at the first instant after it/,
      /to an earlier time, a slot that comes twice fires at the first pass; .* \(`\*`, `\*\/n`\) fires at both/,
    ])
      assert.match(String(description), said);
  });

  test('has an example for every body', () => {
    for (const { operationId, requestBody } of operations.filter((operation) => operation.requestBody !== undefined)) {
      assert.ok(Object.keys(requestBody?.content['application/json']?.examples ?? {}).length > 0, operationId);
    }
  });
});
