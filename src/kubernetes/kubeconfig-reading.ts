/**
 * Reads kubeconfigs beside the event loop, so that no text costs anybody else's time: in one thread with limits on time
 * and memory, one text after the other. A text that exceeds them is refused, and the thread is started again.
 *
 * Organizations take turns, and each may have a few texts waiting. So a flood from one delays a text of another by one
 * text at most.
 */

import { Worker } from 'node:worker_threads';
import type { ClusterAccess } from '../core/clusters/rules/cluster.ts';
import { Refusal, ruleViolated } from '../core/kernel/rules/problem.ts';
import type { KubeconfigRules } from './kubeconfig.ts';
import type { ThreadAnswer } from './kubeconfig-thread.ts';

export interface KubeconfigReading {
  /** Throws the Refusal `rule-violated`, or `temporarily-unavailable` when too much waits. */
  read(organizationId: string, text: string): Promise<ClusterAccess>;
  close(): Promise<void>;
}

interface Wanted {
  readonly text: string;
  resolve(access: ClusterAccess): void;
  reject(error: unknown): void;
}

export interface ReadingOptions {
  /** For one text. An ordinary one takes some milliseconds. */
  readonly maxReadMs: number;
  /** The module that reads. */
  readonly thread: URL;
}

const usual: ReadingOptions = { maxReadMs: 2_000, thread: new URL('./kubeconfig-thread.ts', import.meta.url) };
/** Until the thread has loaded its code. */
const maxStartMs = 30_000;
const idleMs = 30_000;
const waitingPerOrganization = 4;
const waitingInAll = 64;
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };

export function kubeconfigReading(
  { allowInsecureTls }: KubeconfigRules,
  { maxReadMs, thread: module } = usual,
): KubeconfigReading {
  /** In the order of their turns. */
  const waiting = new Map<string, Wanted[]>();
  let thread: Promise<Worker> | undefined;
  let busy = false;
  let idle: NodeJS.Timeout | undefined;

  const next = (): Wanted | undefined => {
    const [first] = waiting;
    if (first === undefined) return undefined;
    const [organizationId, texts] = first;
    const wanted = texts.shift();
    waiting.delete(organizationId);
    if (texts.length > 0) waiting.set(organizationId, texts);
    return wanted;
  };
  const end = async () => {
    const ending = thread;
    thread = undefined;
    await (await ending?.catch(() => undefined))?.terminate();
  };
  const run = async () => {
    if (busy) return;
    busy = true;
    clearTimeout(idle);
    for (let wanted = next(); wanted !== undefined; wanted = next()) {
      const { resolve, reject } = wanted;
      thread ??= startThread(module, { allowInsecureTls });
      try {
        resolve(await readIn(await thread, wanted.text, maxReadMs));
      } catch (error) {
        if (!(error instanceof Refusal) || error instanceof Exhausted) await end();
        reject(error instanceof Refusal ? error : noThread(error));
      }
    }
    busy = false;
    idle = setTimeout(() => void end(), idleMs).unref();
  };

  return {
    read: (organizationId, text) =>
      new Promise((resolve, reject) => {
        const own = waiting.get(organizationId) ?? [];
        const all = [...waiting.values()].reduce((count, { length }) => count + length, 0);
        if (own.length >= waitingPerOrganization || all >= waitingInAll) {
          const detail = 'Other kubeconfigs are being read. Repeat the request a little later.';
          reject(new Refusal('temporarily-unavailable', detail, { retryAfterSeconds: 5 }));
          return;
        }
        waiting.set(organizationId, [...own, { text, resolve, reject }]);
        void run();
      }),
    async close() {
      clearTimeout(idle);
      await end();
    },
  };
}

/** The text took more time or memory than it may. */
class Exhausted extends Refusal {
  constructor() {
    const { errors, message } = ruleViolated(
      '/kubeconfig',
      'Reading the kubeconfig takes too long or too much memory. Leave only the context that is needed: kubectl config view --raw --minify --flatten',
    );
    super('rule-violated', message, { errors });
  }
}

/** The cause is for the log. */
function noThread(cause: unknown): Refusal {
  const detail = 'Kubeconfigs cannot be read at the moment. Give server, ca and token instead, or repeat the request.';
  return Object.assign(new Refusal('temporarily-unavailable', detail, { retryAfterSeconds: 5 }), { cause });
}

async function startThread(module: URL, workerData: KubeconfigRules): Promise<Worker> {
  const worker = new Worker(module, {
    workerData,
    resourceLimits,
    env: {},
    execArgv: [],
  });
  // An error without a listener would end the process.
  worker.on('error', () => undefined);
  try {
    await answerOf(worker, maxStartMs);
  } catch (error) {
    await worker.terminate();
    throw new Error('the thread for kubeconfigs does not start', { cause: error });
  }
  return worker;
}

async function readIn(worker: Worker, text: string, maxMs: number): Promise<ClusterAccess> {
  worker.ref();
  try {
    worker.postMessage(text);
    const answer = (await answerOf(worker, maxMs)) as ThreadAnswer;
    if ('refused' in answer) throw ruleViolated('/kubeconfig', answer.refused);
    return answer.access;
  } finally {
    worker.unref();
  }
}

/** The next message of the thread. Throws `Exhausted` when there is none in time, or the thread has ended. */
function answerOf(worker: Worker, maxMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (done: () => void) => () => {
      clearTimeout(timer);
      worker.off('message', answered).off('exit', failed).off('error', failed);
      done();
    };
    const answered = (message: unknown) => settle(() => resolve(message))();
    const failed = settle(() => reject(new Exhausted()));
    const timer = setTimeout(failed, maxMs);
    worker.on('message', answered).on('exit', failed).on('error', failed);
  });
}
