/**
 * Reads an Operation: its status, and the fields that are needed to record one that somebody else made. A field that
 * does not fit is left out and is never an error. Nothing is kept that is larger than a resource of ours would be.
 */

import { z } from 'zod';
import { isShallow } from '../../../core/kernel/rules/json/shallow.ts';
import { ObservedInstant } from '../../../core/kernel/rules/observed-conditions.ts';
import { operationIdAnnotation } from '../../../core/operations/rules/manifest.ts';
import type { Observation, ObservedManager } from '../../../core/operations/rules/observed/observation.ts';
import { ObservedStatus } from '../../../core/operations/rules/observed/observed-status.ts';
import type { SeenResource } from '../resource.ts';

const maxParametersLength = 32_768;
const maxManagerCount = 16;

const Word = z.string().max(253).optional().catch(undefined);

const Manager = z
  .object({
    manager: z.string().max(128),
    operation: z.enum(['Apply', 'Update']).optional().catch(undefined),
    time: ObservedInstant,
    fieldsV1: z.object({ 'f:spec': z.record(z.string(), z.unknown()) }),
  })
  .optional()
  .catch(undefined);

const Resource = z.object({
  metadata: z.object({
    creationTimestamp: ObservedInstant,
    deletionTimestamp: ObservedInstant,
    annotations: z
      .object({ [operationIdAnnotation]: Word })
      .optional()
      .catch(undefined),
    managedFields: z.array(Manager).optional().catch(undefined),
  }),
  spec: z
    .object({
      type: Word,
      engine: Word,
      targetRef: z.object({ name: Word }).optional().catch(undefined),
      parameters: z
        .record(z.string(), z.unknown())
        .refine((parameters) => isShallow(parameters) && JSON.stringify(parameters).length <= maxParametersLength)
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
  status: ObservedStatus.optional(),
});

/** `undefined` when the object cannot be read at all. */
export function observedOperation(object: unknown, seen: SeenResource): Observation | undefined {
  const { data } = Resource.safeParse(object);
  if (data === undefined) return undefined;
  const { metadata, spec, status } = data;
  return {
    ...seen,
    status: status ?? {},
    createdAt: metadata.creationTimestamp,
    deletingSince: metadata.deletionTimestamp,
    operationId: metadata.annotations?.[operationIdAnnotation],
    spec: spec && {
      type: spec.type,
      engine: spec.engine,
      target: spec.targetRef?.name,
      parameters: spec.parameters,
    },
    managers: managersOf(metadata.managedFields ?? []),
  };
}

function managersOf(entries: readonly z.infer<typeof Manager>[]): readonly ObservedManager[] {
  return entries
    .filter((entry) => entry !== undefined)
    .slice(0, maxManagerCount)
    .map(({ manager, operation, time, fieldsV1: { 'f:spec': owned } }) => ({
      manager,
      operation,
      at: time,
      ownsTarget: 'f:type' in owned || 'f:targetRef' in owned,
    }));
}
