/**
 * A cluster of somebody who means no good: its list of Operations never ends, and its watch brings ever new ones that
 * run. Run as a program it prints its address, token and authority as JSON, and goes on until it is killed.
 */
import { pathToFileURL } from 'node:url';
import { answerJson, scripted } from './kubernetes/scripted-cluster.ts';

const pageSize = 500;
const opsPath = '/apis/ops.vworkspace.io/v1alpha1/operations';

export async function startEndlessCluster() {
  let made = 0;
  const operation = () => {
    made += 1;
    return {
      apiVersion: 'ops.vworkspace.io/v1alpha1',
      kind: 'Operation',
      metadata: {
        name: `endless-${made}`,
        namespace: `org-${made % 100}`,
        uid: `endless-${made}`,
        resourceVersion: String(made),
        creationTimestamp: new Date().toISOString(),
      },
      spec: { type: 'Backup', engine: 'velero', targetRef: { name: `nobodys-${made % 1000}` }, parameters: {} },
      status: { phase: 'Running' },
    };
  };
  return scripted((request, response) => {
    const url = new URL(request.url ?? '', 'https://x');
    if (url.pathname === '/version') return answerJson(response, 200, { gitVersion: 'v1.34.1' });
    if (url.pathname !== opsPath) {
      const message = 'forbidden';
      return answerJson(response, 403, { kind: 'Status', reason: 'Forbidden', message, code: 403 });
    }
    const items = Array.from({ length: pageSize }, operation);
    const next = url.searchParams.has('watch') ? '' : `page-${made}`;
    answerJson(response, 200, { metadata: { resourceVersion: String(made), continue: next }, items });
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { target } = await startEndlessCluster();
  process.stdout.write(`${JSON.stringify(target.access)}\n`);
}
