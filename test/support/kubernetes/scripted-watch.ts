/** A cluster whose lists and watches are scripted, and a watch of it from beginning to end. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { clusterApi } from '../../../src/kubernetes/cluster-api.ts';
import { within } from '../until.ts';
import type { Recorder } from './recorder.ts';
import { answerJson, type Script, type Scripted, scripted, silentLog, until } from './scripted-cluster.ts';

export const watchTimings = {
  connectSeconds: 0.5,
  callSeconds: 1,
  pingSeconds: 0.1,
  pageSeconds: 1,
  silentSeconds: 0.3,
  backOffSeconds: [0.01, 0.05],
  refusedSeconds: [0.05, 0.1],
  pollSeconds: [0.02, 0.04],
  namespacesSeconds: [0.02, 0.04],
  wholeClusterSeconds: [0.2, 0.3],
  repeatSeconds: 0,
} as const;

export interface WatchRequest {
  readonly version: string;
  /** The timeout that the watch asks for. */
  readonly seconds: number;
  readonly response: ServerResponse;
  event(type: string, object: object): void;
}
export interface ScriptedWatches {
  readonly lists: () => readonly object[] | { readonly status: number; readonly body?: object };
  readonly version?: () => string;
  readonly watch: (asked: WatchRequest, count: number) => void;
}

/** No ApplicationInstance, and a watch that only sends bookmarks. */
export function quiet(query: URLSearchParams, response: ServerResponse): void {
  if (query.get('watch') !== 'true') {
    answerJson(response, 200, { metadata: { resourceVersion: '3' }, items: [] });
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
  const timer = setInterval(
    () => response.write(`${JSON.stringify({ type: 'BOOKMARK', object: bookmark('4') })}\n`),
    (watchTimings.silentSeconds * 1000) / 6,
  );
  response.on('close', () => clearInterval(timer));
}

/**
 * A cluster with one page of Operations, whose watches are scripted; ends the watch and closes everything after `work`.
 */
export async function watching(
  cluster: ScriptedWatches,
  watcher: Recorder,
  work: (server: Scripted) => Promise<void>,
  more: object = {},
): Promise<void> {
  let count = 0;
  const script: Script = (request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? '', 'https://x');
    if (pathname.endsWith('/applicationinstances')) return quiet(query, response);
    if (query.get('watch') !== 'true') {
      const items = cluster.lists();
      if (!('status' in items))
        answerJson(response, 200, { metadata: { resourceVersion: cluster.version?.() ?? '10' }, items });
      else answerJson(response, items.status, items.body ?? {});
      return;
    }
    count += 1;
    assert.equal(query.get('allowWatchBookmarks'), 'true');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const event = (type: string, object: object) => response.write(`${JSON.stringify({ type, object })}\n`);
    const seconds = Number(query.get('timeoutSeconds'));
    cluster.watch({ version: query.get('resourceVersion') ?? '', seconds, response, event }, count);
  };
  await using server = await scripted(script);
  const api = clusterApi({ log: silentLog, timings: { ...watchTimings, ...more } });
  const stop = new AbortController();
  const watched = api.watch(server.target, watcher, stop.signal);
  try {
    await work(server);
  } finally {
    stop.abort();
    await within('the end of the watch', 3, watched);
    await api.close();
  }
  await until(() => server.openSockets() === 0, 'all sockets closed');
  assert.ok(server.peak() <= 3, `${server.peak()} connections for one watch`);
}

export const bookmark = (version: string) => ({ kind: 'Operation', metadata: { resourceVersion: version } });
