/**
 * An API server that does one thing: it lists Operations that are Pending, and on a word from its parent tells their
 * ends to whoever watches, as fast as the connection takes them. A process of its own, so that making the events is not
 * measured as reading them.
 *
 *   parent says  {names, namespace, tls}     answers {port}
 *   parent says  'tell'                      answers {toldAt} when the first event is on its way
 */

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';

interface Setting {
  readonly resources: readonly { readonly name: string; readonly uid: string }[];
  readonly namespace: string;
  readonly target: string;
  readonly tls: { readonly certPem: string; readonly keyPem: string };
}

const path = /^\/apis\/ops\.vworkspace\.io\/v1alpha1\/operations(\?|$)/;
const watches: ServerResponse[] = [];

// Stays for as long as the parent does.
const life = setInterval(() => {}, 60_000);
process.on('disconnect', () => clearInterval(life));
process.on('message', (message: Setting | 'tell') => {
  if (message === 'tell') void tell();
  else serve(message);
});

let setting: Setting | undefined;

function serve(given: Setting): void {
  setting = given;
  const server = createServer({ cert: given.tls.certPem, key: given.tls.keyPem }, (request, response) => {
    const url = request.url ?? '';
    response.setHeader('content-type', 'application/json');
    if (url.includes('watch=true')) {
      response.flushHeaders();
      if (path.test(url)) watches.push(response);
      return;
    }
    const [kind, items] = path.test(url)
      ? ['OperationList', given.resources.map((resource, i) => objectOf(resource, i + 1, false))]
      : ['ApplicationInstanceList', []];
    if (!url.startsWith('/apis/')) response.statusCode = 404;
    response.end(JSON.stringify({ kind, metadata: { resourceVersion: '1000000' }, items }));
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
  });
}

async function tell(): Promise<void> {
  const resources = setting?.resources ?? [];
  const lines = resources.map(
    (resource, i) => `${JSON.stringify({ type: 'MODIFIED', object: objectOf(resource, 1_000_001 + i, true) })}\n`,
  );
  process.send?.({ toldAt: Date.now(), watchCount: watches.length });
  for (const watch of watches)
    for (let i = 0; i < lines.length; i += 50)
      if (!watch.write(lines.slice(i, i + 50).join(''))) await once(watch, 'drain');
}

function objectOf({ name, uid }: { name: string; uid: string }, version: number, ended: boolean) {
  const at = '2026-11-21T02:00:00Z';
  const condition = (type: string, reason: string) => ({
    type,
    status: 'True',
    reason,
    message: 'As the operator words it.',
    lastTransitionTime: at,
  });
  const accepted = condition('Accepted', 'TemplateValidated');
  return {
    apiVersion: 'ops.vworkspace.io/v1alpha1',
    kind: 'Operation',
    metadata: {
      name,
      namespace: setting?.namespace,
      uid,
      resourceVersion: String(version),
      generation: 1,
      creationTimestamp: at,
    },
    spec: {
      targetRef: { apiVersion: 'apps.vworkspace.io/v1alpha1', kind: 'ApplicationInstance', name: setting?.target },
      type: 'Backup',
      engine: 'velero',
      parameters: {},
    },
    status: ended
      ? {
          phase: 'Succeeded',
          startedAt: at,
          finishedAt: '2026-11-21T02:04:00Z',
          conditions: [
            accepted,
            condition('Running', 'VeleroBackupSucceeded'),
            condition('Succeeded', 'VeleroBackupCompleted'),
          ],
          outputs: { backupName: name, backupItemCount: 120, backupSizeBytes: 123456789, storageLocation: 'default' },
        }
      : { phase: 'Pending', conditions: [accepted] },
  };
}
