/** The problems of HTTP itself, which no subject declares. */
import { type ProblemRows, problemsIn } from '../../../core/kernel/rules/problem.ts';

export const httpProblems = {
  'method-not-allowed': { status: 405, title: 'This address does not support the method' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'body-too-large': { status: 413, title: 'The body is larger than the limit' },
  'unsupported-media-type': {
    status: 415,
    title: 'This address does not accept the media type or encoding of the body',
  },
  'range-not-satisfiable': { status: 416, title: 'There is no such range of bytes' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The address and headers are larger than the limit' },
} as const satisfies ProblemRows;

export const httpProblem = problemsIn(httpProblems);
