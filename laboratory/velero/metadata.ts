/** What a restored object has of the one that was copied. */
import type { Resource } from '../cluster/client.ts';
import { eventually } from '../cluster/install.ts';
import { pathOf } from '../cluster/paths.ts';
import { furnish, loseNamespace, loseVolume } from './application.ts';
import type { Tell } from './look.ts';
import { backUp, engineOf, told } from './restores.ts';
import { carriedOut, type Velero } from './start.ts';

const namespace = 'metadata';
const objects = [
  ['configmaps', 'owned'],
  ['applicationinstances', 'nextcloud'],
  ['persistentvolumeclaims', 'data'],
] as const;

export async function metadata({ admin }: Velero, tell: Tell): Promise<void> {
  await furnish(admin, namespace, 'Retain');
  const read = (): Promise<readonly Resource[]> =>
    Promise.all(objects.map(([plural, name]) => admin.must('GET', pathOf(plural, namespace, name))));
  const before = await read();
  await backUp(admin, namespace);
  await loseNamespace(admin, namespace, 'Retain');
  await loseVolume(admin, namespace);
  await carriedOut(admin, engineOf('Restore', namespace, namespace, { backupName: namespace }));
  const claim = pathOf('persistentvolumeclaims', namespace, 'data');
  await eventually('the claim is bound', async () => (await admin.find(claim))?.status?.phase === 'Bound');
  for (const [n, after] of (await read()).entries())
    tell({ done: `${objects[n]?.join('/')} that a Restore made, before → after`, seen: compared(before[n], after) });
}

function compared(before: Resource, after: Resource): readonly string[] {
  const both = (what: string, of: (object: Resource) => string) => `${what}: ${of(before)} → ${of(after)}`;
  return [
    ...['uid', 'creationTimestamp'].map(
      (field) => `${field}: ${before.metadata[field] === after.metadata[field] ? 'the same' : 'another'}`,
    ),
    ...['generation', 'labels', 'annotations', 'finalizers', 'ownerReferences'].map((field) =>
      both(field, (each) => told(each.metadata[field])),
    ),
    both('status', ({ status }) => (status === undefined ? 'none' : 'there')),
    both('managers of fields', managers),
  ];
}

const managers = (object: Resource): string =>
  object.metadata.managedFields
    .map(({ manager, subresource }: Resource) => `${manager}${subresource ? `/${subresource}` : ''}`)
    .join(', ');
