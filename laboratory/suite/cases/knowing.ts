/** What is found out about a cluster, and what others do there. */
import assert from 'node:assert/strict';
import { until } from '../../../test/support/until.ts';
import type { Resource } from '../../cluster/client.ts';
import { pathOf } from '../../cluster/paths.ts';
import type { Case, Facts } from '../case.ts';
import { patienceSeconds } from '../session.ts';

export const knowing: readonly Case[] = [
  {
    guarantee: 'a cluster is known within one check, with the rights of the documentation',
    async run({ application, service, clusterId, conditioned }) {
      await application('org-known');
      await conditioned('Watching', 'True');
      const checked = await service.api.post(`/v1/clusters/${clusterId}/check`);
      assert.equal(checked.status, 200, JSON.stringify(checked.body));
      const { discovery, conditions } = checked.body;
      const facts: Record<string, string> = {};
      for (const [part, found] of Object.entries<Resource>(discovery))
        if (found.status !== undefined) facts[`discovery.${part}`] = found.problem ?? found.status;
      for (const { type, status, reason } of conditions) facts[`condition ${type}`] = `${status} ${reason}`;
      for (const part of ['server', 'customResources', 'permissions', 'webhook', 'storageLocations'])
        assert.equal(discovery[part]?.status, 'Known', `${part}: ${JSON.stringify(discovery[part])}`);
      const refused = discovery.permissions.items.filter(({ allowed }: Resource) => allowed !== 'Yes');
      return { ...facts, 'rights that are missing': JSON.stringify(refused.map(withoutChance)) };
    },
  },
  {
    guarantee: 'an application in the cluster is mirrored with its readiness and what it can do',
    async run({ place, service, clusterId }) {
      await place.openNamespace('org-mirrored');
      await place.addApplication('org-mirrored', 'found');
      const found = await until('the application', patienceSeconds, async () => {
        const { body } = await service.api.get(`/v1/clusters/${clusterId}/applications?limit=200`);
        return body.items.find(({ name, ready }: Resource) => name === 'found' && ready === true);
      });
      return { capabilities: JSON.stringify(found.capabilities), catalogId: String(found.catalogId) };
    },
  },
  {
    guarantee: "an Operation that another client creates is recorded as the cluster's own, with who made it",
    async run({ application, place, service, reaches }): Promise<Facts> {
      await application('org-others');
      const path = `${pathOf('operations', 'org-others')}?fieldManager=kubectl-create`;
      const targetRef = { apiVersion: 'apps.vworkspace.io/v1alpha1', kind: 'ApplicationInstance', name: 'nextcloud' };
      await place.admin.must('POST', path, {
        ...{ apiVersion: 'ops.vworkspace.io/v1alpha1', kind: 'Operation', metadata: { name: 'by-hand' } },
        spec: { targetRef, type: 'Backup', engine: 'velero', parameters: { ttl: '48h0m0s' } },
      });
      const theirs = await until('its record', patienceSeconds, async () => {
        const { body } = await service.api.get('/v1/operations?origin=cluster&limit=200');
        return body.items.find(({ name }: Resource) => name === 'by-hand');
      });
      const done = await reaches(theirs.id, 'Succeeded');
      assert.equal(done.requestedBy, 'cluster/kubectl-create');
      return { ttl: `${done.ttl} ${done.ttlSource}` };
    },
  },
];

const withoutChance = ({ resource, verb, namespace, allowed }: Resource) => [resource, verb, namespace, allowed];
