/** The resource of an Operation, as answers show it. */
import { z } from 'zod';

export const OperationManifest = z.record(z.string(), z.unknown()).meta({
  id: 'OperationManifest',
  description: 'The custom resource of kind Operation (ops.vworkspace.io/v1alpha1) as it is applied to the cluster.',
});
