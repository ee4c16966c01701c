/** One Operation at a time: delivered, denied, cancelled, looked at again. */
import assert from 'node:assert/strict';
import { until } from '../../../test/support/until.ts';
import type { Resource } from '../../cluster/client.ts';
import { mergePatch } from '../../cluster/client.ts';
import { pathOf } from '../../cluster/paths.ts';
import type { Case } from '../case.ts';
import { patienceSeconds } from '../session.ts';

const wordsOf = (operation: Resource, type: string): string => {
  const condition = operation.conditions.find((each: Resource) => each.type === type);
  return condition === undefined ? 'none' : `${condition.status} ${condition.reason}: ${condition.message}`;
};

export const delivering: readonly Case[] = [
  {
    guarantee: 'a Backup is delivered, followed to its end, and has what the cluster told of it',
    async run({ application, ask, reaches, resource, told }) {
      const asked = await ask(await application('org-whole'));
      const done = await reaches(asked.id, 'Succeeded');
      assert.equal(done.outputs?.backupName, asked.name);
      const { metadata } = (await resource(asked)) ?? {};
      assert.equal(metadata.uid, done.uid);
      return {
        conditions: done.conditions
          .map(({ type, status, reason }: Resource) => `${type}=${status} ${reason}`)
          .join(', '),
        events: [...new Set(await told(asked.id))].sort().join(', '),
        labels: Object.keys(metadata.labels).join(', '),
        managers: metadata.managedFields
          .map(({ manager, operation }: Resource) => `${manager} ${operation}`)
          .join(', '),
      };
    },
  },
  {
    guarantee: "a denial fails the Operation with the webhook's words",
    async run({ application, place, ask, reaches }) {
      const id = await application('org-denied');
      const path = pathOf('applicationinstances', 'org-denied', 'nextcloud');
      await place.admin.must(
        'PATCH',
        path,
        { metadata: { annotations: { 'ops.vworkspace.io/backup': null } } },
        mergePatch,
      );
      const failed = await reaches((await ask(id)).id, 'Failed');
      assert.match(wordsOf(failed, 'Failed'), /CapabilityMissing.*does not declare capability/);
      return { words: wordsOf(failed, 'Failed') };
    },
  },
  {
    guarantee: 'a cancelled Backup that runs is gone from the cluster, and Cancelled',
    async run({ application, ask, place, reaches, resource, service, told }) {
      const id = await application('org-cancelled');
      place.hangNext();
      const asked = await ask(id);
      await reaches(asked.id, 'Running');
      assert.equal((await service.api.post(`/v1/operations/${asked.id}/cancel`)).status, 200);
      const done = await reaches(asked.id, 'Cancelled');
      assert.equal(await resource(asked), undefined);
      assert.equal(await place.admin.find(pathOf('backups', 'velero', asked.name)), undefined);
      return { condition: wordsOf(done, 'Cancelled'), events: [...new Set(await told(asked.id))].sort().join(', ') };
    },
  },
  {
    guarantee: 'a webhook that is away fails nothing: what was asked for meanwhile is delivered when it is back',
    async run({ application, ask, place, find, reaches }) {
      const id = await application('org-silent');
      const giveBack = await place.silenceWebhook();
      const asked = await ask(id);
      const held = await until('the first refusal', patienceSeconds, async () => {
        const operation = await find(asked.id);
        return wordsOf(operation, 'Delivered').includes('webhook') ? operation : undefined;
      });
      await giveBack();
      await reaches(asked.id, 'Succeeded');
      const words = wordsOf(held, 'Delivered');
      return { words: words.replace(/https:\/\/\S+/, '<address>').replace(/127\.0\.0\.1:\d+/, '<address>') };
    },
  },
  {
    guarantee: 'what has ended stays ended here when the operator looks at it again',
    async run({ application, ask, place, reaches, resource, find, told }) {
      const id = await application('org-again');
      const asked = await ask(id);
      await reaches(asked.id, 'Succeeded');
      const before = await resource(asked);
      await place.restartOperator();
      const path = pathOf('operations', asked.namespace, asked.name);
      await place.admin.must('PATCH', path, { metadata: { labels: { touched: 'yes' } } }, mergePatch);
      await until('the label', patienceSeconds, async () => (await resource(asked))?.metadata.labels.touched === 'yes');
      // Whatever the operator makes of it, a second Operation that is seen to its end comes after it in the watch.
      await reaches((await ask(id)).id, 'Succeeded');
      const after = await find(asked.id);
      assert.equal(after.phase, 'Succeeded');
      const moved = (await resource(asked))?.status.finishedAt !== before.status.finishedAt;
      return {
        'finishedAt moves in the cluster': String(moved),
        events: [...new Set(await told(asked.id))].sort().join(', '),
      };
    },
  },
];
