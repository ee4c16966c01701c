/**
 * Reads the body of an agent's post into the fields that are known, and no others. The raw body may contain live
 * secrets, so nothing else sees it, and no refusal contains text of it.
 *
 * Whatever its content and its headers are, it is read: an agent posts a batch that is refused again for ever. Of a body
 * beyond `agentBodyBytes` the beginning is read, and the rest passes by. Only what is too large even for that is refused.
 */

import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type ReadEvents, readEvents } from '../../core/agents/rules/read-events.ts';
import { Refusal } from '../../core/kernel/rules/problem.ts';
import { httpProblem } from '../kit/refusals/http-problems.ts';
import { eventsIn } from './salvage.ts';

export const agentMediaType = 'application/vnd.vworkspace.agent.v1+json';
/** A hundred events with the longest message that Kubernetes allows (32 KiB) need less. */
const agentBodyBytes = 4 * 1024 * 1024;
const passingBytes = 64 * 1024 * 1024;
const decoder = new TextDecoder();

/** The decorator `agentBatch` of a request then has what was read. */
export function readAgentBodies(app: FastifyInstance): void {
  app.decorateRequest('agentBatch');
  // Whatever the media type is, or says of itself: there is one parser.
  app.addHook('onRequest', async ({ raw }) => {
    raw.headers['content-type'] = agentMediaType;
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(agentMediaType, async (request: FastifyRequest, payload: IncomingMessage) => {
    request.setDecorator<ReadEvents>('agentBatch', await read(request.raw, payload));
    return { events: [] };
  });
}

async function read({ headers }: IncomingMessage, payload: IncomingMessage): Promise<ReadEvents> {
  if (Number(headers['content-length'] ?? 0) > passingBytes) throw tooLarge();
  const body = await beginningOf(payload);
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    return readEvents([], ['the batch has a Content-Encoding, which is not read']);
  const { events, lost } = eventsIn(decoder.decode(body));
  return readEvents(events, lost);
}

async function beginningOf(payload: IncomingMessage): Promise<Buffer> {
  const kept: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of payload) {
      if (length < agentBodyBytes) kept.push(chunk);
      length += chunk.length;
      if (length > passingBytes) throw tooLarge();
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('malformed-request', 'The request was broken off.');
  }
  return Buffer.concat(kept).subarray(0, agentBodyBytes);
}

function tooLarge(): Refusal {
  return new Refusal(
    httpProblem['body-too-large'],
    `The body is larger than ${passingBytes / 1024 / 1024} MiB. A batch of 100 events is smaller.`,
  );
}
