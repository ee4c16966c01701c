/** What a call's outcome says of the cluster itself. */
import type { ClusterFailure } from '../domain/delivery.ts';
import type { ClusterReport } from './connector-ports.ts';

/** The conditions Reachable and Authenticated after a call that failed so, or succeeded. */
export function conditionsOf(failure: ClusterFailure | undefined): ClusterReport['conditions'] {
  if (failure?.kind === 'Unreachable') {
    return [
      { type: 'Reachable', status: 'False', reason: 'Unreachable', message: failure.message },
      { type: 'Authenticated', status: 'Unknown', reason: 'Unreachable', message: 'The cluster could not be asked.' },
    ];
  }
  const reachable = {
    type: 'Reachable',
    status: 'True',
    reason: 'Answered',
    message: 'The API server answers.',
  } as const;
  if (failure?.kind === 'CredentialsRejected') {
    return [
      reachable,
      { type: 'Authenticated', status: 'False', reason: 'CredentialsRejected', message: failure.message },
    ];
  }
  return [
    reachable,
    { type: 'Authenticated', status: 'True', reason: 'Accepted', message: 'The API server accepts the credentials.' },
  ];
}
