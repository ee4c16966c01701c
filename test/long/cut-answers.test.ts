/** As in test/failure, with the number of Operations that production may have in hand. */
import { test } from 'node:test';
import { deliverThroughCuts } from '../support/cut-answers.ts';

const operationCount = 1000;

test(`${operationCount} Operations become ${operationCount} resources, though half of the answers are cut`, () =>
  deliverThroughCuts(operationCount));
