/** What kinds of Operations there are, and what does them in a cluster. */
import { z } from 'zod';

export const OperationType = z.enum(['Backup', 'Restore', 'Upgrade', 'Migration', 'RunCommand', 'Runbook']).meta({
  id: 'OperationType',
  description:
    'What is done. This service makes Backups and Restores; the others are told of when somebody else makes them.',
});
export type OperationType = z.infer<typeof OperationType>;

export const RequestedType = OperationType.extract(['Backup', 'Restore']).meta({
  id: 'RequestedType',
  description: 'What can be asked for.',
});

export const Engine = z
  .enum(['velero', 'workflow', 'job', 'helm', 'volsync', 'helmHookJob', 'snapshot'])
  .meta({ id: 'Engine', description: 'What does it in the cluster.' });
export type Engine = z.infer<typeof Engine>;
export const RequestedEngine = Engine.extract(['velero']).meta({
  id: 'RequestedEngine',
  description: 'What can be asked for.',
});
