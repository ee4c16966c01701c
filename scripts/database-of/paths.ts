/** The paths of a version's API, from the OpenAPI document that is committed with it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Readable } from '../../test/support/api-answers.ts';

const Operation = z.object({
  parameters: z.array(z.object({ name: z.string(), in: z.string() })).optional(),
});
const Document = z.object({
  paths: z.record(z.string(), z.object({ get: Operation.optional(), post: Operation.optional() })),
});

/** Readiness, liveness and metrics tell of the process, not of what is stored. */
const ofTheProcess = ['/livez', '/readyz', '/readyz/{role}', '/metrics'];

export async function pathsOf(
  folder: string,
): Promise<{ readonly readables: readonly Readable[]; readonly posts: readonly string[] }> {
  const text = await readFile(join(folder, 'openapi', 'openapi.json'), 'utf8');
  const paths = Object.entries(Document.parse(JSON.parse(text)).paths);
  return {
    readables: paths.flatMap(([path, { get }]) => {
      if (get === undefined || ofTheProcess.includes(path)) return [];
      return [{ path, paged: get.parameters?.some(({ name }) => name === 'limit') === true }];
    }),
    posts: paths.flatMap(([path, { post }]) => (post === undefined ? [] : [path])),
  };
}
