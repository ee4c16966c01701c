/**
 * Makes of what zod and Fastify give a document that generators of clients read without trouble: one named schema a
 * type, refusals and headers declared once and referred to, examples, stable order.
 */

import type { SwaggerTransformObject } from '@fastify/swagger';
import { jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { withCatalogue } from './catalogue.ts';
import { examples } from './examples.ts';
import { headers, headersOf } from './headers.ts';
import { refusalName, refusals } from './refusals.ts';
import { onlyUsed, plainSchemas } from './schemas.ts';
import type { Answer, Document, Operation, Parameter, Ref } from './types.ts';

export const finish: SwaggerTransformObject = (given) => {
  // The one place where the plugins' types and ours for the same document meet.
  const document = withCatalogue(plainSchemas(jsonSchemaTransformObject(given) as unknown as Document));
  const paths = Object.fromEntries(Object.entries(document.paths).map(([path, item]) => [path, finishedPath(item)]));
  const components = { ...document.components, headers, responses: refusals };
  return onlyUsed({ ...document, paths, components }) as unknown as ReturnType<SwaggerTransformObject>;
};

const methods = ['get', 'post', 'put', 'patch', 'delete'];

function finishedPath(item: Readonly<Record<string, Operation>>): Record<string, Operation> {
  const ordered = Object.entries(item).sort(([a], [b]) => methods.indexOf(a) - methods.indexOf(b));
  return Object.fromEntries(ordered.map(([method, operation]) => [method, finishedOperation(method, operation)]));
}

function finishedOperation(method: string, operation: Operation): Operation {
  const { 'x-refusals': statuses = [], responses, parameters, requestBody, ...rest } = operation;
  const ofAgent = rest['x-required-scope'] === 'agentToken';
  const refused = statuses
    .filter((status) => responses[status] === undefined)
    .map((status) => [status, { $ref: `#/components/responses/${refusalName(status, ofAgent ? 'Agent' : '')}` }]);
  const conditional = parameters?.some(({ name }) => name === 'if-none-match') === true;
  const answers = ofAgent
    ? [['204', recorded]]
    : Object.entries(responses).map(([status, answer]) => finishedAnswer(method, status, answer));
  return {
    ...rest,
    ...(rest['x-required-scope'] === 'public' && { security: [] }),
    ...(ofAgent && { security: [{ agentToken: [] }] }),
    ...(parameters !== undefined && { parameters: parameters.map(headerCase) }),
    ...(requestBody !== undefined && { requestBody: withExamples(operation.operationId, requestBody) }),
    responses: Object.fromEntries([...answers, ...(conditional ? [['304', unchanged]] : []), ...refused]),
  };
}

const unchanged: Answer = {
  description: 'It is still at the revision that If-None-Match names.',
  headers: { ETag: { $ref: '#/components/headers/ETag' } },
};
const recorded: Answer = {
  description: 'Recorded.',
  headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } },
};
const descriptions: Readonly<Record<string, string>> = { 200: 'Done.', 201: 'Made.', 204: 'Removed.' };

function finishedAnswer(method: string, status: string, answer: Answer | Ref): [string, Answer | Ref] {
  if ('$ref' in answer) return [status, answer];
  const { content = {}, description } = answer;
  // A route without a schema for its answer answers with nothing.
  const empty = Object.keys(content).length === 0;
  const told = empty ? '204' : status;
  return [
    told,
    {
      description: description === 'Default Response' ? (descriptions[told] ?? 'Done.') : description,
      headers: headersOf(method, told, content),
      ...(!empty && { content }),
    },
  ];
}

/** Header parameters by the names that people know them by. */
function headerCase(parameter: Parameter): Parameter {
  if (parameter.in !== 'header') return parameter;
  return { ...parameter, name: parameter.name.replaceAll(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()) };
}

function withExamples(
  operationId: string,
  body: NonNullable<Operation['requestBody']>,
): NonNullable<Operation['requestBody']> {
  const known = examples[operationId];
  const content = Object.entries(body.content).map(([type, media]) => [
    type,
    known === undefined ? media : { ...media, examples: known },
  ]);
  return { ...body, content: Object.fromEntries(content) };
}
