/** What watches report of clusters that the operator of the service should know. */
import type { FindingRows } from '../../kernel/rules/finding.ts';

export const observationFindings = {
  ClusterAtLimit: {
    resourceType: 'Cluster',
    text: 'others made more Operations or applications in a cluster than the service records',
    whatToDo:
      'Its condition Watching says how many are left out. Ask its owner what makes so many; raise MAX_FOREIGN_OPERATIONS_PER_CLUSTER or MAX_FOREIGN_OPERATIONS_PER_ORGANIZATION if they are wanted.',
    since: '0.1',
  },
} as const satisfies FindingRows;
