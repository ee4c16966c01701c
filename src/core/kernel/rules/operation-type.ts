/** The kinds of Operations, and the engines that carry them out in a cluster. */
import { z } from 'zod';

export const OperationType = z.enum(['Backup', 'Restore', 'Upgrade', 'Migration', 'RunCommand', 'Runbook']).meta({
  id: 'OperationType',
  description:
    'The kind of an Operation. This service makes Backups and Restores. It records the other kinds when somebody else makes them in a cluster.',
});
export type OperationType = z.infer<typeof OperationType>;

export const RequestedType = OperationType.extract(['Backup', 'Restore']).meta({
  id: 'RequestedType',
  description: 'The kinds of Operations that can be requested.',
});

export const Engine = z
  .enum(['velero', 'workflow', 'job', 'helm', 'volsync', 'helmHookJob', 'snapshot'])
  .meta({ id: 'Engine', description: 'The engine that carries out the Operation in the cluster.' });
export type Engine = z.infer<typeof Engine>;
export const RequestedEngine = Engine.extract(['velero']).meta({
  id: 'RequestedEngine',
  description: 'The engines that can be requested.',
});
