/** The list of operations for reviewers: one on each line, in the order of the document, in aligned columns. */
import type { Answer, Document, Operation, Ref } from './types.ts';

const heading = ['METHOD', 'PATH', 'OPERATION', 'SCOPE', 'ANSWERS', 'REFUSALS'];

export function operationsText(document: Document): string {
  const rows = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => rowOf(method, path, operation)),
  );
  const lines = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map(
      (line) =>
        `${line
          .map((text, column) => text.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function rowOf(method: string, path: string, { operationId, responses, ...operation }: Operation): string[] {
  const statuses = Object.keys(responses).sort();
  const isSuccess = (status: string) => status.startsWith('2');
  return [
    method.toUpperCase(),
    path,
    operationId,
    operation['x-required-scope'],
    statuses
      .filter(isSuccess)
      .map((status) => `${status} ${contentOf(responses[status])}`.trim())
      .join(', '),
    statuses.filter((status) => !isSuccess(status) && status !== 'default').join(' '),
  ];
}

function contentOf(answer: Answer | Ref | undefined): string {
  if (answer === undefined || '$ref' in answer) return '';
  const [schema] = Object.values(answer.content ?? {}).map((media) => media.schema?.$ref);
  return typeof schema === 'string' ? (schema.split('/').at(-1) ?? '') : '';
}
