// The control endpoint: faults and hooks over plain HTTP, for people and for tests in another process. Loopback only,
// and only for requests that name loopback as their host, so that no web page can reach it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Fault, FaultKind } from './fault-kinds.ts';
import { faultHelp, faultKinds, isFaultKind, rowOf } from './fault-kinds.ts';
import type { Faults } from './faults.ts';
import type { Json } from './json.ts';
import { at, isObject, objectAt, parseJson, text, textsAt } from './json.ts';
import type { EventsOptions, ForeignCopy, SimulatedCluster } from './options.ts';

export interface ControlServer {
  readonly url: string;
  close(): Promise<void>;
}

const HELP = `GET    /faults                     active faults
POST   /faults                     {"kind": "mute", "verbs": ["list"], "count": 1, "durationMs": 1000, ...}; answers {"id"}
DELETE /faults[/ID]                clear all, or one
POST   /compact                    forget the history: watches from before get 410
POST   /stop  /start               refuse connections, accept again
POST   /rewind                     {"revisions": 20}: restart on an older state
POST   /api-server/restart         all connections end, the operator looks at everything again
POST   /operator/stop              and /start, /restart
POST   /webhooks                   {"registered": false}: nothing is checked at admission; true: it is again
GET    /copies                     what lies in the buckets, by name
POST   /copies                     {"name", "storageLocation", "namespace", "expiration"}: of another cluster
DELETE /copies/NAME                as a lifecycle rule of the bucket does
POST   /storage-locations          {"name", "phase": "Unavailable"}
POST   /advance                    {"seconds": 3600}: moves the clock and all that waits for it
POST   /access                     {"namespaces": ["a"]}: roles in these alone; {}: the cluster again
POST   /namespaces                 {"name", "labels", "annotations"}
DELETE /namespaces/NAME            with all that is in it
POST   /applications               {"namespace", "name", "annotations"}
POST   /crds/PLURAL/remove         and /restore
POST   /token/revoke               the service account's token; /token/expire the same by time
POST   /events                     {"url", "token", "heartbeatSeconds"}: the operator posts its events there; {}: no more
GET    /requests                   total, by verb, and the last ones
faults, each also with verbs, resources, namespaces, names, count, durationMs, rate:
${faultHelp()}`;

async function bodyOf(message: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  const source = Buffer.concat(chunks).toString('utf8').trim();
  return source === '' ? {} : parseJson(source);
}

const areTexts = (value: Json): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string');
const LIMITS = ['count', 'durationMs', 'rate'];
const LISTS = ['verbs', 'resources', 'namespaces', 'names'];

function checkField(kind: FaultKind, name: string, value: Json | undefined): void {
  const field = rowOf(kind).fields?.[name];
  if (field === undefined) throw new Error(`${kind} has no ${name}`);
  const needed = typeof field === 'string' && field.endsWith('!');
  if (value === undefined && needed) throw new Error(`${kind} needs ${name}`);
  if (value === undefined) return;
  const type = typeof field === 'string' ? field.replace('!', '') : '';
  if (typeof field !== 'string' && !field.some((word) => word === value))
    throw new Error(`${name} must be one of ${field.join(', ')}`);
  if (type === 'strings' && !areTexts(value)) throw new Error(`${name} must be a list of strings`);
  if (type !== '' && type !== 'strings' && typeof value !== type) throw new Error(`${name} must be a ${type}`);
}

/** A fault from JSON. Throws for a kind that does not exist, and for fields that it has not or of the wrong type. */
function faultOf(value: Json): Fault {
  if (!isObject(value)) throw new Error('a fault is an object');
  const { kind } = value;
  if (!isFaultKind(kind)) throw new Error(`unknown fault kind; one of ${faultKinds().join(', ')}`);
  for (const key of LIMITS)
    if (value[key] !== undefined && typeof value[key] !== 'number') throw new Error(`${key} must be a number`);
  for (const key of LISTS)
    if (value[key] !== undefined && !areTexts(value[key])) throw new Error(`${key} must be a list of strings`);
  const own = Object.keys(value).filter((key) => key !== 'kind' && !LIMITS.includes(key) && !LISTS.includes(key));
  for (const key of new Set([...own, ...Object.keys(rowOf(kind).fields ?? {})])) checkField(kind, key, value[key]);
  return value as unknown as Fault;
}

const stringMap = (value: Json, key: string): Record<string, string> | undefined => {
  if (!isObject(value) || value[key] === undefined) return undefined;
  return Object.fromEntries(Object.entries(objectAt(value, key)).map(([name, item]) => [name, String(item)]));
};

function eventsOf(body: Json): EventsOptions | undefined {
  const [url, token, seconds] = [text(body, 'url'), text(body, 'token'), at(body, 'heartbeatSeconds')];
  if (url === '') return undefined;
  return { url, token, ...(typeof seconds === 'number' ? { heartbeatSeconds: seconds } : {}) };
}

function copyOf(body: Json): ForeignCopy {
  const fields = ['storageLocation', 'namespace', 'expiration'].filter((field) => text(body, field) !== '');
  return Object.fromEntries(fields.map((field) => [field, text(body, field)]));
}

async function act(
  cluster: SimulatedCluster,
  faults: Faults,
  method: string,
  path: readonly string[],
  body: Json,
): Promise<unknown> {
  const [first = '', second = '', third = ''] = path;
  const labels = stringMap(body, 'labels');
  const annotations = stringMap(body, 'annotations');
  const given = { ...(labels === undefined ? {} : { labels }), ...(annotations === undefined ? {} : { annotations }) };
  switch (`${method} ${first}`) {
    case 'GET faults':
      return faults.list();
    case 'POST faults':
      return { id: faults.inject(faultOf(body)).id };
    case 'DELETE faults':
      faults.clear(second === '' ? undefined : Number(second));
      return {};
    case 'POST compact':
      cluster.compact();
      return {};
    case 'POST stop':
      await cluster.stop();
      return {};
    case 'POST start':
      await cluster.start();
      return {};
    case 'POST rewind':
      await cluster.rewind(Number(at(body, 'revisions') ?? 0));
      return {};
    case 'POST api-server':
      await cluster.restartApiServer();
      return {};
    case 'POST operator':
      if (second === 'stop') cluster.stopOperator();
      else if (second === 'start') cluster.startOperator();
      else cluster.restartOperator();
      return {};
    case 'POST webhooks':
      cluster.setWebhooks(at(body, 'registered') !== false);
      return {};
    case 'GET copies':
      return cluster.copies();
    case 'POST copies':
      cluster.addCopy(text(body, 'name'), copyOf(body));
      return {};
    case 'DELETE copies':
      cluster.removeCopy(second);
      return {};
    case 'POST storage-locations':
      cluster.setStorageLocation(
        text(body, 'name'),
        text(body, 'phase') === 'Unavailable' ? 'Unavailable' : 'Available',
      );
      return {};
    case 'POST advance':
      await cluster.advance(1_000 * Number(at(body, 'seconds') ?? 0));
      return {};
    case 'POST access':
      cluster.restrictTo(at(body, 'namespaces') === undefined ? undefined : textsAt(body, 'namespaces'));
      return {};
    case 'DELETE namespaces':
      cluster.deleteNamespace(second);
      return {};
    case 'POST namespaces':
      cluster.addNamespace(text(body, 'name'), given);
      return {};
    case 'POST applications':
      cluster.addApplicationInstance(text(body, 'namespace'), text(body, 'name'), given);
      return {};
    case 'POST crds':
      if (third === 'remove') cluster.removeCrd(second);
      else cluster.restoreCrd(second);
      return {};
    case 'POST token':
      if (second === 'revoke') cluster.revokeToken(cluster.token);
      else cluster.expireToken(cluster.token, Date.now());
      return {};
    case 'POST events':
      cluster.postEvents(eventsOf(body));
      return {};
    case 'GET requests':
      return {
        total: cluster.requests.total,
        byVerb: cluster.requests.byVerb(),
        log: cluster.requests.log.slice(-100),
      };
    default:
      return undefined;
  }
}

export async function startControl(cluster: SimulatedCluster, faults: Faults, port: number): Promise<ControlServer> {
  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(message.url ?? '/', 'http://control');
    const reply = (code: number, body: unknown): void => {
      response.writeHead(code, {
        'Content-Type': typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json',
      });
      response.end(typeof body === 'string' ? body : `${JSON.stringify(body)}\n`);
    };
    if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(message.headers.host ?? '')) {
      reply(403, 'loopback only\n');
      return;
    }
    if (url.pathname === '/') {
      reply(200, HELP);
      return;
    }
    try {
      const result = await act(
        cluster,
        faults,
        message.method ?? 'GET',
        url.pathname.split('/').filter((part) => part !== ''),
        await bodyOf(message),
      );
      reply(result === undefined ? 404 : 200, result ?? HELP);
    } catch (error) {
      reply(400, `${error instanceof Error ? error.message : String(error)}\n`);
    }
  };
  const server = createServer((message, response) => void answer(message, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
