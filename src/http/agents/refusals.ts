/**
 * The format of refusals in the agent protocol. Its clients understand no problem documents. So every refusal and
 * failure at an address below /api/agent has this format, no matter whether this service, Fastify or Node refuses.
 */
import { z } from 'zod';
import type { Refusal } from '../../core/kernel/rules/problem.ts';
import { problemFormat, type RefusalFormat } from '../kit/refusals/problems.ts';

const AgentRefusal = z
  .object({
    error: z.string().describe('For programs: the code that a problem document of this service has. Codes are stable.'),
    message: z.string().describe('For people.'),
    requestId: z.string().describe('The id of the request, as in the log and in the header X-Request-Id.'),
  })
  .meta({
    id: 'AgentRefusal',
    description: 'Why a request was refused or failed, in the format of the agent protocol.',
  });

const agentFormat: RefusalFormat = {
  type: 'application/json',
  body: (refusal, requestId) =>
    ({ error: refusal.code, message: messageOf(refusal), requestId }) satisfies z.infer<typeof AgentRefusal>,
};

/** The format of refusals at this address. */
export function refusalFormatFor(url: string | undefined): RefusalFormat {
  return url !== undefined && /^\/api\/agent(?:[/?]|$)/.test(url) ? agentFormat : problemFormat;
}

function messageOf({ message, errors }: Refusal): string {
  return errors.length < 2
    ? message
    : `${message} ${errors.map(({ pointer, detail }) => `${pointer} ${detail}`).join(' ')}`;
}
