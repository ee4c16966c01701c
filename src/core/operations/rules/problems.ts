/** The problems that Operations declare. */
import { type ProblemRows, problemsIn } from '../../kernel/rules/problem.ts';

export const operationProblems = {
  'already-finished': { status: 409, title: 'The Operation has already ended' },
} as const satisfies ProblemRows;

export const operationProblem = problemsIn(operationProblems);
