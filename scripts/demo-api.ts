/** The demo's client: plain requests, shown as they are sent, with their answers read as far as the demo needs them. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { answer, request } from './demo-screen.ts';

const Condition = z.object({ type: z.string(), status: z.string(), reason: z.string(), message: z.string() });
const Resource = z.object({
  id: z.string().default(''),
  name: z.string().default(''),
  phase: z.string().default(''),
  createdAt: z.string().default(''),
  nextFireAt: z.string().default(''),
  ttl: z.string().default(''),
  ttlSource: z.string().default(''),
  expiresAt: z.string().optional(),
  conditions: z.array(Condition).default([]),
  outputs: z.record(z.string(), z.unknown()).default({}),
  progress: z.object({ itemsDone: z.number().optional(), totalItems: z.number().optional() }).optional(),
  discovery: z
    .object({
      server: z.object({ version: z.string().default('unknown') }),
      customResources: z.object({
        items: z.array(z.object({ resource: z.string(), versions: z.array(z.string()) })).default([]),
      }),
    })
    .optional(),
  at: z.string().default(''),
  type: z.string().default(''),
  reason: z.string().default(''),
  message: z.string().default(''),
});
const Answered = Resource.extend({ items: z.array(Resource).default([]) });
type Answered = z.infer<typeof Answered>;

export interface Api {
  /** `shown` goes over the body in what is printed, for what nobody should read there. */
  post(path: string, body: object | undefined, shown?: object): Promise<Answered>;
  get(path: string, options?: { silent: boolean }): Promise<Answered>;
}

export function apiClient(url: string, key: string): Api {
  const call = async (
    method: string,
    path: string,
    body: object | undefined,
  ): Promise<{ status: number; value: Answered }> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(method === 'POST' && { 'idempotency-key': randomUUID() }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
    return { status: response.status, value: Answered.parse(JSON.parse(text)) };
  };
  return {
    async post(path, body, shown) {
      request('POST', path, body === undefined ? undefined : { ...body, ...shown });
      const { status, value } = await call('POST', path, body);
      answer(
        status,
        value.id === ''
          ? ''
          : `${value.name} ${value.id}${value.nextFireAt === '' ? '' : `, next fire ${value.nextFireAt}`}`,
      );
      return value;
    },
    async get(path, options) {
      if (options?.silent !== true) request('GET', path, undefined);
      return (await call('GET', path, undefined)).value;
    },
  };
}
