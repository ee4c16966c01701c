/** Plays Velero where there is none: what is new is in progress, and completed a moment later, unless it has to hang. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, mergePatch, type Resource } from '../cluster/client.ts';
import { pathOf } from '../cluster/paths.ts';
import { veleroNamespace } from './rules.ts';

export interface Engine {
  /** The next one that begins never ends. */
  hangNext(): void;
  stop(): Promise<void>;
}

const roundMs = 200;
const workMs = 500;

export function playEngine(admin: Client): Engine {
  const stopped = new AbortController();
  const hanging = new Set<string>();
  let hangs = 0;
  const round = async () => {
    for (const plural of ['backups', 'restores'] as const) {
      const { items }: { items: readonly Resource[] } = await admin.must('GET', pathOf(plural, veleroNamespace));
      for (const { metadata, status } of items) {
        const path = pathOf(plural, veleroNamespace, metadata.name);
        const put = (phase: string) => admin.must('PATCH', path, { status: { ...status, ...at(phase) } }, mergePatch);
        if (status?.phase === undefined) {
          if (hangs > 0) hanging.add(metadata.uid);
          hangs = Math.max(0, hangs - 1);
          await put('InProgress');
        } else if (status.phase === 'InProgress' && !hanging.has(metadata.uid)) {
          if (Date.now() - Date.parse(status.startTimestamp) > workMs) await put('Completed');
        }
      }
    }
  };
  const running = (async () => {
    while (!stopped.signal.aborted) {
      await round().catch(() => undefined);
      await sleep(roundMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();
  return {
    hangNext() {
      hangs += 1;
    },
    async stop() {
      stopped.abort();
      await running;
    },
  };
}

function at(phase: string): Resource {
  const now = new Date().toISOString();
  return phase === 'InProgress' ? { phase, startTimestamp: now } : { phase, completionTimestamp: now };
}
