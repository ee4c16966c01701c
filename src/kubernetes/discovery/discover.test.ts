import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answerJson } from '../../../test/support/kubernetes/scripted-cluster.ts';
import {
  discover,
  list,
  now,
  place,
  reviews,
  scriptOf,
  timings,
  whole,
} from '../../../test/support/kubernetes/scripted-discovery.ts';
import { within } from '../../../test/support/until.ts';

describe('discovery', () => {
  test('a part that may not be read is Unknown in the words of the cluster, never Absent', async () => {
    const { discovery, failure } = await discover(scriptOf(whole));
    assert.equal(failure, undefined);
    assert.deepEqual(discovery.server, { status: 'Known', checkedAt: now, version: 'v1.34.1' });
    for (const part of [
      'storageLocations',
      'volumeSnapshotClasses',
      'storageClasses',
      'namespaces',
      'operator',
    ] as const)
      assert.deepEqual(discovery[part], { status: 'Unknown', problem: 'User "u" cannot list it' }, part);
    assert.equal(discovery.acceptedParameters.status, 'Unknown');
    assert.equal(discovery.webhook.status, 'Unknown');
  });

  test('a part that the cluster does not serve is Absent', async () => {
    const absent = [404, { kind: 'Status', message: 'the server could not find the requested resource' }] as const;
    const { discovery, failure } = await discover(
      scriptOf({
        ...whole,
        'GET /apis/ops.vworkspace.io': absent,
        'GET /apis/storage.k8s.io/v1/storageclasses': absent,
        'GET /apis/velero.io/v1/backupstoragelocations': [404, {}],
      }),
    );
    assert.equal(failure, undefined);
    assert.deepEqual(discovery.customResources.items?.[0], {
      group: 'ops.vworkspace.io',
      resource: 'operations',
      versions: [],
    });
    assert.deepEqual(discovery.storageClasses, { status: 'Absent', checkedAt: now, items: [] });
    // 404 with a body that is no API server's word proves nothing.
    assert.equal(discovery.storageLocations.status, 'Unknown');
  });

  test('lists are read page by page, up to 200 entries', async () => {
    const items = Array.from({ length: 100 }, (_, n) => ({ metadata: { name: `s${n}` }, provisioner: 'p' }));
    const asked: string[] = [];
    const { discovery } = await discover(
      scriptOf({ ...whole, 'GET /apis/storage.k8s.io/v1/storageclasses': list(items, 'next') }, asked),
    );
    assert.equal(discovery.storageClasses.items?.length, 200);
    assert.equal(discovery.storageClasses.truncated, true);
    assert.equal(asked.filter((each) => each.includes('storageclasses')).length, 2);
  });

  test('a storage location that Velero has not looked at is Unavailable, and strange entries are left out', async () => {
    const metadata = { name: 'default', namespace: 'velero' };
    const { discovery } = await discover(
      scriptOf({
        ...whole,
        'GET /apis/velero.io/v1/backupstoragelocations': list([
          { metadata, spec: { default: true, provider: 'aws' } },
          {
            metadata: { ...metadata, name: 'eu' },
            status: { phase: 'Available', lastValidationTime: '2026-01-01T00:00:00Z' },
          },
          { spec: {} },
        ]),
      }),
    );
    assert.deepEqual(discovery.storageLocations.items, [
      { name: 'default', namespace: 'velero', phase: 'Unavailable', default: true, provider: 'aws' },
      { name: 'eu', namespace: 'velero', phase: 'Available', default: false, lastValidatedAt: now },
    ]);
  });

  test('a right that is not given everywhere is looked for where the applications are', async () => {
    const rules = (body: string) => {
      const { namespace } = JSON.parse(body).spec;
      const resourceRules = [
        { verbs: ['patch', 'create'], apiGroups: ['ops.vworkspace.io'], resources: ['operations'] },
      ];
      return [
        201,
        { status: { resourceRules: namespace === 'apps' ? resourceRules : [], incomplete: false } },
      ] as const;
    };
    const { discovery } = await discover(
      scriptOf({
        ...whole,
        [`POST ${reviews}/selfsubjectaccessreviews`]: (body) => [
          201,
          { status: { allowed: ['get', 'list', 'watch'].includes(JSON.parse(body).spec.resourceAttributes.verb) } },
        ],
        [`POST ${reviews}/selfsubjectrulesreviews`]: rules,
      }),
      [place, { namespace: 'closed', name: 'cloud' }],
    );
    const operations = discovery.permissions.items?.filter(({ resource }) => resource === 'operations');
    assert.deepEqual(
      operations?.map(({ verb, allowed, namespaces, deniedIn }) => [verb, allowed, namespaces, deniedIn]),
      [
        ['create', 'Yes', ['apps'], ['closed']],
        ['get', 'Yes', undefined, undefined],
        ['list', 'Yes', undefined, undefined],
        ['watch', 'Yes', undefined, undefined],
        ['patch', 'Yes', ['apps'], ['closed']],
        ['delete', 'No', undefined, ['apps', 'closed']],
      ],
    );
  });

  test('a review of rules that is incomplete denies nothing', async () => {
    const { discovery } = await discover(
      scriptOf({
        ...whole,
        [`POST ${reviews}/selfsubjectaccessreviews`]: (body) => [
          201,
          { status: { allowed: JSON.parse(body).spec.resourceAttributes.namespace === 'apps' } },
        ],
        [`POST ${reviews}/selfsubjectrulesreviews`]: [201, { status: { resourceRules: [], incomplete: true } }],
      }),
    );
    assert.deepEqual(new Set(discovery.permissions.items?.map(({ allowed }) => allowed)), new Set(['Yes']));
  });

  test('without an application the version of the operator says what it accepts, unless it is too close to the change', async () => {
    const acceptedBy = async (operatorVersion: string) => {
      const operator = { metadata: { name: 'c' }, status: { operatorVersion } };
      const answers = { ...whole, 'GET /apis/ops.vworkspace.io/v1alpha1/clusters': list([operator]) };
      return (await discover(scriptOf(answers), [])).discovery.acceptedParameters;
    };
    assert.deepEqual((await acceptedBy('0.0.5')).backup, ['retention', 'snapshotClassName', 'storageLocation']);
    assert.ok((await acceptedBy('v0.0.13')).backup?.includes('ttl'));
    assert.equal((await acceptedBy('v1.2.3-rc.1')).source, 'OperatorVersion');
    for (const untold of ['0.0.7', 'latest', '']) assert.equal((await acceptedBy(untold)).status, 'Unknown', untold);
  });

  test('a schema that declares the parameters says what is accepted where no dry run can', async () => {
    const schema = (parameters: object) => ({
      type: 'object',
      properties: { spec: { type: 'object', properties: { parameters } } },
      'x-kubernetes-group-version-kind': [{ group: 'ops.vworkspace.io', version: 'v1alpha1', kind: 'Operation' }],
    });
    const acceptedBy = async (parameters: object) => {
      const openapi = [200, { components: { schemas: { operation: schema(parameters) } } }] as const;
      const answers = { ...whole, 'GET /openapi/v3/apis/ops.vworkspace.io/v1alpha1': openapi };
      return (await discover(scriptOf(answers), [])).discovery.acceptedParameters;
    };
    const closed = await acceptedBy({ type: 'object', properties: { ttl: { type: 'string' }, backupName: {} } });
    assert.deepEqual([closed.source, closed.backup, closed.restore], ['Schema', ['ttl'], ['backupName']]);
    const open = { type: 'object', properties: { ttl: {} }, 'x-kubernetes-preserve-unknown-fields': true };
    assert.equal((await acceptedBy(open)).status, 'Unknown');
  });

  test('one slow part spoils no other, and at most two queries run at a time', async () => {
    let running = 0;
    let most = 0;
    const answer = scriptOf(whole);
    const looking = discover((request, response, body) => {
      running += 1;
      most = Math.max(most, running);
      response.on('close', () => {
        running -= 1;
      });
      if (request.url?.includes('/clusters') !== true) answer(request, response, body);
    });
    const { discovery } = await within('the whole discovery', timings.callSeconds + 2, looking);
    assert.equal(discovery.operator.status, 'Unknown');
    assert.equal(discovery.customResources.status, 'Known');
    assert.match(discovery.storageClasses.problem ?? '', /cannot list it/);
    assert.ok(most <= 2, `${most} at a time`);
  });

  test('a mute cluster costs one query, and so does a rejected token', async () => {
    const mute = await discover(() => undefined, [place], { connectSeconds: 0.5, callSeconds: 1 });
    assert.equal(mute.failure?.kind, 'Unreachable');
    assert.equal(mute.discovery.permissions.status, 'Unknown');
    let count = 0;
    const rejected = await discover((_request, response) => {
      count += 1;
      answerJson(response, 401, { kind: 'Status', message: 'Unauthorized' });
    });
    assert.equal(rejected.failure?.kind, 'CredentialsRejected');
    assert.equal(count, 1);
  });
});
