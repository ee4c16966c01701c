/**
 * Finishes the document that zod and Fastify make, so that generators of clients read it without trouble: one named
 * schema for each type, refusals and headers as components, examples, and a stable order.
 */

import type { SwaggerTransformObject } from '@fastify/swagger';
import { jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { withCatalogue } from './catalogue.ts';
import { examples } from './examples.ts';
import { headers, headersOf } from './headers.ts';
import { openAnswers } from './open-answers.ts';
import { refusals, refusalsOf } from './refusals.ts';
import { onlyUsed, plainSchemas } from './schemas.ts';
import type { Answer, Document, Operation, Parameter, Ref } from './types.ts';

export const finish: SwaggerTransformObject = (given) => {
  // The one place where the plugins' types and ours for the same document meet.
  const document = withCatalogue(plainSchemas(jsonSchemaTransformObject(given) as unknown as Document));
  const paths = Object.fromEntries(Object.entries(document.paths).map(([path, item]) => [path, finishedPath(item)]));
  const components = { ...document.components, headers, responses: refusals };
  return onlyUsed(openAnswers({ ...document, paths, components })) as unknown as ReturnType<SwaggerTransformObject>;
};

const methods = ['get', 'post', 'put', 'patch', 'delete'];

function finishedPath(item: Readonly<Record<string, Operation>>): Record<string, Operation> {
  const ordered = Object.entries(item).sort(([a], [b]) => methods.indexOf(a) - methods.indexOf(b));
  return Object.fromEntries(ordered.map(([method, operation]) => [method, finishedOperation(method, operation)]));
}

function finishedOperation(method: string, operation: Operation): Operation {
  const { 'x-refusals': statuses = [], responses, parameters, requestBody, ...rest } = operation;
  const ofAgent = rest['x-required-scope'] === 'agentToken';
  const conditional = parameters?.some(({ name }) => name === 'if-none-match') === true;
  const answers = ofAgent
    ? [['204', recorded]]
    : Object.entries(responses).map(([status, answer]) => finishedAnswer(method, status, answer));
  return {
    ...rest,
    ...(rest['x-required-scope'] === 'public' && { security: [] }),
    ...(ofAgent && { security: [{ agentBearer: [] }] }),
    ...(parameters !== undefined && { parameters: parameters.map(headerCase) }),
    ...(requestBody !== undefined && { requestBody: withExamples(operation.operationId, requestBody) }),
    responses: {
      ...refusalsOf(statuses, ofAgent),
      ...Object.fromEntries([...answers, ...(conditional ? [['304', unchanged]] : [])]),
    },
  };
}

const unchanged: Answer = {
  description: 'The resource still has the ETag of If-None-Match.',
  headers: { ETag: { $ref: '#/components/headers/ETag' } },
};
const recorded: Answer = {
  description: 'Recorded.',
  headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } },
};
const descriptions: Readonly<Record<string, string>> = { 200: 'Done.', 201: 'Created.', 204: 'Removed.' };

function finishedAnswer(method: string, status: string, answer: Answer | Ref): [string, Answer | Ref] {
  if ('$ref' in answer) return [status, answer];
  const { content = {}, description } = answer;
  // A route without a schema for its answer answers without a body.
  const empty = Object.keys(content).length === 0;
  const answered = empty ? '204' : status;
  return [
    answered,
    {
      description: description === 'Default Response' ? (descriptions[answered] ?? 'Done.') : description,
      headers: headersOf(method, answered, content),
      ...(!empty && { content }),
    },
  ];
}

/** Names of header parameters as people write them: X-Request-Id. */
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
