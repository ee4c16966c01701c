/** Plain HTTPS to an API server: calls, and watches event by event. It shares no code with the service's own client. */
import { Agent, request } from 'node:https';

/** An object of the cluster, read freely. */
// biome-ignore lint/suspicious/noExplicitAny: the laboratory looks at whatever the cluster has
export type Resource = any;

export interface Access {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

export interface Answer {
  readonly code: number;
  readonly body: Resource;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: Resource;
}

export interface Client {
  readonly access: Access;
  /** Any answer, refusals too; rejects only without one. */
  call(method: string, path: string, body?: unknown, type?: string): Promise<Answer>;
  /** Throws the cluster's words for all but 2xx. */
  must(method: string, path: string, body?: unknown, type?: string): Promise<Resource>;
  /** Server-side apply by the manager `laboratory`, forced. */
  apply(path: string, body: unknown): Promise<Resource>;
  /** Undefined where there is none. */
  find(path: string): Promise<Resource | undefined>;
  /** Ends when the server ends it, the connection breaks or the signal aborts. */
  watch(path: string, signal: AbortSignal, heard: (event: WatchEvent) => void): Promise<void>;
  close(): void;
}

export const mergePatch = 'application/merge-patch+json';
const callSeconds = 30;

export function connectTo(access: Access): Client {
  const agent = new Agent({ keepAlive: true, ca: access.ca, maxSockets: 16 });
  const headers = { authorization: `Bearer ${access.token}`, accept: 'application/json', 'user-agent': 'laboratory' };
  const call: Client['call'] = (method, path, body, type = 'application/json') =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      const content = payload === undefined ? {} : { 'content-type': type, 'content-length': payload.length };
      const options = { method, agent, headers: { ...headers, ...content }, timeout: callSeconds * 1000 };
      const sent = request(`${access.url}${path}`, options, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('error', reject);
        answer.on('end', () => resolve({ code: answer.statusCode ?? 0, body: read(text) }));
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${callSeconds} s`)));
      sent.on('error', reject);
      sent.end(payload);
    });
  const must: Client['must'] = async (method, path, body, type) => {
    const { code, body: answer } = await call(method, path, body, type);
    if (code >= 300) throw new Error(`${method} ${path}: ${code} ${answer?.message ?? JSON.stringify(answer)}`);
    return answer;
  };
  return {
    access,
    call,
    must,
    apply: (path, body) =>
      must('PATCH', `${path}?fieldManager=laboratory&force=true`, body, 'application/apply-patch+yaml'),
    async find(path) {
      const { code, body } = await call('GET', path);
      return code === 200 ? body : undefined;
    },
    watch: (path, signal, heard) =>
      new Promise((resolve) => {
        let rest = '';
        const sent = request(`${access.url}${path}`, { ca: access.ca, agent: false, headers, signal }, (answer) => {
          answer.setEncoding('utf8').on('data', (chunk: string) => {
            const lines = (rest + chunk).split('\n');
            rest = lines.pop() ?? '';
            for (const line of lines) heard(read(line));
          });
          answer.on('error', () => undefined);
          answer.on('close', resolve);
        });
        sent.on('error', () => resolve());
        sent.end();
      }),
    close: () => agent.destroy(),
  };
}

function read(text: string): Resource {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
