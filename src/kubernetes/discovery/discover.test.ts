import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answerJson, type Script, scripted, silentLog } from '../../../test/support/kubernetes/scripted-cluster.ts';
import { within } from '../../../test/support/until.ts';
import { clusterApi } from '../cluster-api.ts';

const timings = { connectSeconds: 2, callSeconds: 6 };
const now = '2026-01-01T00:00:00.000Z';
const place = { namespace: 'apps', name: 'cloud' };

/** What a scripted cluster answers, by method and path without query; the rest is forbidden, as RBAC says it. */
type Answers = Readonly<Record<string, readonly [number, object] | ((body: string) => readonly [number, object])>>;

const forbidden = [403, { kind: 'Status', reason: 'Forbidden', message: 'User "u" cannot list it' }] as const;
const denied = (message: string) =>
  [
    403,
    { kind: 'Status', reason: 'Forbidden', message: `admission webhook "v.io" denied the request: ${message}` },
  ] as const;
const list = (items: readonly object[], more = '') => [200, { metadata: { continue: more }, items }] as const;
const reviews = '/apis/authorization.k8s.io/v1';
const whole: Answers = {
  'GET /version': [200, { gitVersion: 'v1.34.1' }],
  'GET /apis/ops.vworkspace.io': [200, { versions: [{ version: 'v1alpha1' }] }],
  'GET /apis/ops.vworkspace.io/v1alpha1': [200, { resources: [{ name: 'operations' }, { name: 'operations/status' }] }],
  'GET /apis/apps.vworkspace.io': [200, { versions: [{ version: 'v1alpha1' }] }],
  'GET /apis/apps.vworkspace.io/v1alpha1': [200, { resources: [{ name: 'applicationinstances' }] }],
  [`POST ${reviews}/selfsubjectaccessreviews`]: [201, { status: { allowed: true } }],
};

function scriptOf(answers: Answers, asked: string[] = []): Script {
  return (request, response, body) => {
    const key = `${request.method} ${new URL(request.url ?? '', 'https://x').pathname}`;
    asked.push(`${request.method} ${request.url}`);
    const answer = answers[key] ?? (key.includes('/operations/') ? answers['PATCH operation'] : undefined) ?? forbidden;
    const [status, json] = typeof answer === 'function' ? answer(body) : answer;
    answerJson(response, status, json);
  };
}

async function discover(script: Script, applications = [place], limits = timings) {
  await using server = await scripted(script);
  const api = clusterApi({ log: silentLog, timings: limits });
  const found = await api.discover(server.target, now, applications);
  await api.close();
  return found;
}

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

  test('the parameters that an operator accepts are found by dry runs only, and one by one where all are denied', async () => {
    const old = ['retention', 'snapshotClassName', 'storageLocation', 'backupName', 'namespaceMapping', 'restorePVs'];
    const asked: string[] = [];
    const { discovery } = await discover(
      scriptOf(
        {
          ...whole,
          'PATCH operation': (body) => {
            const unknown = Object.keys(JSON.parse(body).spec.parameters).filter((key) => !old.includes(key));
            // Names what is allowed as well: that must not count against it.
            if (unknown.length > 0) return denied(`unknown parameter "${unknown.at(-1)}" (allowed: ${old.join(', ')})`);
            return [201, { kind: 'Operation' }];
          },
        },
        asked,
      ),
    );
    const { backup, restore, source } = discovery.acceptedParameters;
    assert.equal(source, 'DryRun');
    assert.deepEqual(new Set(backup), new Set(['retention', 'snapshotClassName', 'storageLocation']));
    assert.deepEqual(new Set(restore), new Set(['backupName', 'namespaceMapping', 'restorePVs']));
    assert.deepEqual([discovery.webhook.status, discovery.webhook.answers], ['Known', true]);
    const writes = asked.filter((each) => !each.startsWith('GET') && !each.includes('authorization.k8s.io'));
    assert.ok(writes.length > 0);
    for (const write of writes) assert.match(write, /^PATCH .*[?&]dryRun=All/);
  });

  test('an operator that accepts everything is asked once a type; a conflict in flight says nothing against it', async () => {
    let count = 0;
    const { discovery } = await discover(
      scriptOf({
        ...whole,
        'PATCH operation': () => {
          count += 1;
          return count === 1 ? [201, { kind: 'Operation' }] : denied('conflicting Operation "b" (Backup) is in flight');
        },
      }),
    );
    assert.equal(count, 2);
    assert.ok(discovery.acceptedParameters.backup?.includes('ttl'));
    assert.ok(discovery.acceptedParameters.restore?.includes('existingResourcePolicy'));
  });

  test('a denial that is not about parameters leaves them Unknown, with its words', async () => {
    const { discovery } = await discover(
      scriptOf({ ...whole, 'PATCH operation': denied('target ApplicationInstance "apps/cloud" not found') }),
    );
    assert.equal(discovery.acceptedParameters.status, 'Unknown');
    assert.match(discovery.acceptedParameters.problem ?? '', /"apps\/cloud" not found/);
    assert.equal(discovery.webhook.answers, true);
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

  test('a webhook that does not answer is reported as such', async () => {
    const message = 'Internal error occurred: failed calling webhook "v.io": context deadline exceeded';
    const { discovery } = await discover(
      scriptOf({ ...whole, 'PATCH operation': [500, { kind: 'Status', reason: 'InternalError', message }] }),
    );
    assert.equal(discovery.webhook.answers, false);
    assert.match(discovery.webhook.message ?? '', /context deadline exceeded/);
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
