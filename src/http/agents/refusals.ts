/**
 * The agent protocol has its own shape for what is refused and what fails, and its clients know no other: whatever goes
 * wrong at an address below /api/agent, here or in Fastify or in Node, is told so, and never as a problem document.
 */
import { z } from 'zod';
import type { Refusal } from '../../core/kernel/rules/problem.ts';
import { problemFormat, type RefusalFormat } from '../kit/problems.ts';

export const AgentRefusal = z
  .object({
    error: z.string().describe('For machines, stable: the code that problem documents of this service have.'),
    message: z.string().describe('What is wrong, for people.'),
    requestId: z.string().describe('The request, as in the log and in the header X-Request-Id.'),
  })
  .meta({ id: 'AgentRefusal', description: "Why a request was refused or failed, in the agent protocol's shape." });

const agentFormat: RefusalFormat = {
  type: 'application/json',
  body: (refusal, requestId) =>
    ({ error: refusal.code, message: wordsOf(refusal), requestId }) satisfies z.infer<typeof AgentRefusal>,
};

/** How a refusal is told at this address. */
export function refusalFormatFor(url: string | undefined): RefusalFormat {
  return url !== undefined && /^\/api\/agent(?:[/?]|$)/.test(url) ? agentFormat : problemFormat;
}

function wordsOf({ message, errors }: Refusal): string {
  return errors.length < 2
    ? message
    : `${message} ${errors.map(({ pointer, detail }) => `${pointer} ${detail}`).join(' ')}`;
}
