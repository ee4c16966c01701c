import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { neededPermissions } from './permissions.ts';

const Role = z.object({
  kind: z.literal('ClusterRole'),
  metadata: z.object({ name: z.string() }),
  rules: z.array(
    z.strictObject({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) }),
  ),
});

async function rightsIn(file: string, role?: string): Promise<Set<string>> {
  const text = await readFile(new URL(`../../../docs/${file}`, import.meta.url), 'utf8');
  const roles = parseAllDocuments(text).flatMap((document) => Role.safeParse(document.toJS()).data ?? []);
  return new Set(
    roles
      .filter(({ metadata }) => role === undefined || metadata.name === role)
      .flatMap(({ rules }) => rules)
      .flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`)),
        ),
      ),
  );
}

test('the documented role grants what is needed in the namespaces of applications, and nothing else', async () => {
  const needed = neededPermissions.map(({ verb, resource, group }) => `${verb} ${resource}.${group}`);
  assert.deepEqual(await rightsIn('rbac.yaml', 'vworkspace-control-plane'), new Set(needed));
});

test('the documented rights for the whole cluster only read, and read no secrets', async () => {
  const rights = [
    ...(await rightsIn('rbac.yaml', 'vworkspace-control-plane-watch')),
    ...(await rightsIn('rbac-discovery.yaml')),
  ];
  assert.equal(rights.length, 8 + 13);
  for (const right of rights) assert.match(right, /^(get|list|watch) (?!secrets)[a-z]+\.[a-z0-9.]*$/);
});
