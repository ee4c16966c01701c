/** Requests of one tenant that cost all others, or that reached what they must not. */
import { access } from '../scene.ts';
import type { Reported, ReportedKind } from './request.ts';

const registered = (more: object): Pick<Reported, 'path' | 'body'> => ({
  path: '/v1/clusters',
  body: { name: 'reported', ...access, ...more },
});

const bareKeys = Array.from({ length: 26_000 }, (_, index) => `a${index.toString(36)}`).join(',');

export const tenants: ReportedKind = {
  title: 'what one tenant could do to all',
  requests: [
    {
      title: 'a kubeconfig that is a flow mapping of bare keys',
      path: '/v1/clusters',
      body: { name: 'flood', kubeconfig: `{${bareKeys}}` },
      status: 422,
      says: /"\/kubeconfig"/,
    },
    {
      title: 'bare keys within a kubeconfig',
      path: '/v1/clusters',
      body: { name: 'flood', kubeconfig: `apiVersion: v1\nkind: Config\nclusters: {${bareKeys}}\n` },
      status: 422,
      says: /"\/kubeconfig"/,
    },
    {
      title: 'a password in the address',
      ...registered({ server: 'https://user:secret@10.0.0.9:6443' }),
      status: 422,
      says: /"\/server"/,
      saysNot: /secret/,
    },
    {
      title: 'a query in the address',
      ...registered({ server: 'https://10.0.0.9:6443?tok=hidden' }),
      status: 422,
      says: /"\/server"/,
      saysNot: /hidden/,
    },
    {
      title: 'a fragment in the address',
      ...registered({ server: 'https://10.0.0.9:6443#hidden' }),
      status: 422,
      says: /"\/server"/,
      saysNot: /hidden/,
    },
    { title: 'an authority that is none', ...registered({ ca: 'garbage' }), status: 422, says: /"\/ca"/ },
    ...[
      'https://127.0.0.1:5432',
      'https://127.0.0.1:6379',
      'https://localhost:5432',
      'https://[::1]:6379',
      'https://[::ffff:127.0.0.1]:5432',
    ].map((server) => ({
      title: `loopback as ${server}`,
      ...registered({ server }),
      status: 422,
      says: /"\/server"/,
    })),
    { title: 'the metrics on the address of the API', path: '/metrics', key: null, status: 404 },
    { title: 'the document without a key', path: '/docs/json', key: null, status: 200, says: /"openapi":"3/ },
  ],
};

export const filters: ReportedKind = {
  title: 'what scanned the history of an organization',
  requests: [
    { title: 'by namespace', path: '/v1/operations?namespace=org-myteam', status: 200, says: /"items":\[\{/ },
    { title: 'by phase', path: '/v1/operations?phase=Failed', status: 200, says: /"items":\[\]/ },
    { title: 'copies by namespace', path: '/v1/recovery-points?namespace=org-myteam', status: 200, says: /"items":\[/ },
    {
      title: 'copies of a moment',
      path: '/v1/recovery-points?at=2026-01-01T00:00:00Z',
      status: 200,
      says: /"items":\[/,
    },
    { title: 'the watchdog', path: '/v1/watchdog', status: 200, says: /"findings":\[/ },
  ],
};
