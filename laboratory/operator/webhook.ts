/** The operator's admission over HTTPS on loopback: the API server asks it about each Operation that is made or changed. */
import { createServer } from 'node:https';
import { makeTls } from '../../simulator/tls.ts';
import type { Client, Resource } from '../cluster/client.ts';
import { pathOf } from '../cluster/paths.ts';
import { denial } from './rules.ts';

export interface Webhook {
  /** It listens no more, and stays registered: a dead operator. */
  close(): Promise<void>;
}

const name = 'voperation.kb.io';

export async function startWebhook(admin: Client): Promise<Webhook> {
  const tls = await makeTls();
  const server = createServer({ cert: tls.certPem, key: tls.keyPem }, (incoming, outgoing) => {
    let text = '';
    incoming.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    incoming.on('end', async () => {
      const { request }: { request: Resource } = JSON.parse(text);
      const message = await ask(admin, request).catch((error: Error) => `the operator failed: ${error.message}`);
      const refused = message === undefined ? {} : { status: { code: 403, reason: 'Forbidden', message } };
      const response = { uid: request.uid, allowed: message === undefined, ...refused };
      outgoing.setHeader('content-type', 'application/json');
      outgoing.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const metadata = { name: 'vworkspace-operator' };
  await admin.apply(pathOf('validatingwebhookconfigurations', undefined, metadata.name), {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata,
    webhooks: [
      {
        ...{ name, admissionReviewVersions: ['v1'], sideEffects: 'None', failurePolicy: 'Fail', timeoutSeconds: 10 },
        clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle: Buffer.from(tls.caPem).toString('base64') },
        rules: [
          {
            ...{ apiGroups: ['ops.vworkspace.io'], apiVersions: ['v1alpha1'], resources: ['operations'] },
            operations: ['CREATE', 'UPDATE'],
          },
        ],
      },
    ],
  });
  return {
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function ask(admin: Client, request: Resource): Promise<string | undefined> {
  const { namespace, object, oldObject } = request;
  const target = await admin.find(pathOf('applicationinstances', namespace, object.spec?.targetRef?.name));
  const { items } = await admin.must('GET', pathOf('operations', namespace));
  return denial(object, oldObject ?? undefined, { target, others: items });
}
