/**
 * Reads the body of an agent's post into the fields that are known, and no others. The raw body may contain live
 * secrets, so nothing else sees it, and no refusal contains text of it.
 */

import type { FastifyInstance } from 'fastify';
import { AgentEvents } from '../../core/agents/rules/agent-event.ts';
import { Refusal } from '../../core/kernel/rules/problem.ts';
import { invalidInput } from '../kit/invalid-input.ts';
import { httpProblem } from '../kit/refusals/http-problems.ts';

export const agentMediaType = 'application/vnd.vworkspace.agent.v1+json';
export const agentBodyBytes = 1024 * 1024;
const decoder = new TextDecoder('utf-8', { fatal: true });

export function readAgentBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    [agentMediaType, 'application/json'],
    { parseAs: 'buffer', bodyLimit: agentBodyBytes },
    (request, body: Buffer, done) => {
      const encoding = request.headers['content-encoding'];
      if (encoding !== undefined && encoding !== 'identity')
        return done(new Refusal(httpProblem['unsupported-media-type'], 'Send the body without Content-Encoding.'));
      const input = parsed(body);
      if (input === undefined) return done(new Refusal('malformed-request', 'The body is not JSON in UTF-8.'));
      const { success, data, error } = AgentEvents.safeParse(input);
      if (success) done(null, data);
      else done(invalidInput({ part: 'body', schema: AgentEvents, input, issues: error.issues }));
    },
  );
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(decoder.decode(body));
  } catch {
    return undefined;
  }
}
