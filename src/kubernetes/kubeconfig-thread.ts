/** The thread that reads kubeconfigs: one text after the other, each with an answer. Started by kubeconfig-reading.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import type { ClusterAccess } from '../core/clusters/rules/cluster.ts';
import { Refusal } from '../core/kernel/rules/problem.ts';
import { kubeconfigReader } from './kubeconfig.ts';

/** `refused`: the rule that the text breaks. */
export type ThreadAnswer = { readonly access: ClusterAccess } | { readonly refused: string };

const read = kubeconfigReader(z.object({ allowInsecureTls: z.boolean() }).parse(workerData));

function answerTo(text: unknown): ThreadAnswer {
  try {
    return { access: read(String(text)) };
  } catch (error) {
    // Nothing but the rule leaves the thread: any other message might repeat the document.
    return { refused: error instanceof Refusal ? error.message : 'The kubeconfig cannot be read.' };
  }
}

parentPort?.on('message', (text: unknown) => parentPort?.postMessage(answerTo(text)));
parentPort?.postMessage('ready');
