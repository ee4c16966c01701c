/** What is warned of before an Operation is made: each warning where it is true, and none where it is not known. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Discovery, nothingFound } from '../../clusters/rules/discovery.ts';
import { unaccepted, unacceptedErrors } from './accepted-parameters.ts';
import { unacceptedOfPlan, warningsForPlan } from './plan-acceptance.ts';
import { type ProposedOperation, warningsFor, warningsNow } from './warnings.ts';

const now = '2026-05-28T10:00:00.000Z';
const instance = { namespace: 'org-myteam', name: 'nextcloud' };
const known = { status: 'Known', checkedAt: now } as const;
const location = { name: 'default', namespace: 'velero', phase: 'Available', default: true } as const;
const snapshotClass = { name: 'csi-rbd', driver: 'rbd', default: true };

function checked(parts: Partial<Discovery> = {}) {
  const discovery: Discovery = {
    ...nothingFound(now, 'not asked'),
    storageLocations: { ...known, items: [location] },
    volumeSnapshotClasses: { ...known, items: [snapshotClass] },
    namespaces: { ...known, items: [{ name: 'org-myteam' }] },
    acceptedParameters: { ...known, backup: ['ttl', 'storageLocation'], restore: ['backupName'] },
    ...parts,
  };
  return { name: 'east', discovery };
}
const warned = (more: Partial<ProposedOperation> = {}) =>
  warningsFor({ type: 'Backup', parameters: {}, instance, cluster: checked(), ...more }).join('\n');
const withLocation = (more: object, parameters: object = {}) =>
  warned({ parameters: { ...parameters }, cluster: checked({ storageLocations: { ...known, items: [], ...more } }) });

test('of what is in order, and of what was never checked, nothing is warned', () => {
  assert.equal(warned(), '');
  assert.equal(warned({ parameters: { storageLocation: 'default', snapshotClassName: 'csi-rbd' } }), '');
  assert.equal(warned({ parameters: { storageLocation: 'nowhere' }, cluster: { name: 'east' } }), '');
  assert.equal(
    warned({ parameters: { snapshotClassName: 'x' }, cluster: { name: 'e', discovery: nothingFound(now, 'x') } }),
    '',
  );
});

test('a storage location that is missing, Unavailable or ReadOnly is warned of, for a Backup only', () => {
  assert.match(withLocation({}), /has no storage location default\. It has none/);
  const others = {
    items: [
      { ...location, name: 'a' },
      { ...location, name: 'b' },
    ],
  };
  assert.match(withLocation(others, { storageLocation: 'c' }), /no storage location c\. It has a, b\./);
  assert.equal(withLocation(others, { storageLocation: 'b' }), '');
  assert.match(
    withLocation({ items: [{ ...location, phase: 'Unavailable', message: 'no bucket' }] }),
    /default of east is Unavailable \(no bucket\): backups to it fail/,
  );
  assert.match(withLocation({ items: [{ ...location, phase: 'Unavailable' }] }), /is Unavailable: backups/);
  assert.match(withLocation({ items: [{ ...location, accessMode: 'ReadOnly' }] }), /is ReadOnly: it takes no backups/);
  assert.equal(withLocation({ items: [{ ...location, accessMode: 'ReadWrite' }] }), '');
  assert.equal(withLocation({ truncated: true }), '', 'it may be among those that are not listed');
  assert.equal(withLocation({ status: 'Unknown' }), '');
  assert.equal(warned({ type: 'Restore', cluster: checked({ storageLocations: { ...known, items: [] } }) }), '');
});

test('a snapshot class that the cluster does not have is warned of', () => {
  const parameters = { snapshotClassName: 'csi-ebs' };
  assert.match(warned({ parameters }), /has no VolumeSnapshotClass csi-ebs\. It has csi-rbd\./);
  const of = (part: object) =>
    warned({ parameters, cluster: checked({ volumeSnapshotClasses: { ...known, items: [], ...part } }) });
  assert.match(of({}), /no VolumeSnapshotClass csi-ebs\. It has none\./);
  assert.match(of({ status: 'Absent' }), /It has none/);
  assert.equal(of({ status: 'Unknown' }), '');
  assert.equal(of({ truncated: true }), '');
});

test('a namespace that is not open to the operator, or not for this type, is warned of', () => {
  const of = (type: 'Backup' | 'Restore', part: object) =>
    warned({ type, cluster: checked({ namespaces: { ...known, items: [], ...part } }) });
  assert.match(of('Backup', {}), /namespace org-myteam of east is not open to the operator/);
  assert.equal(of('Backup', { truncated: true }), '');
  assert.equal(of('Backup', { status: 'Unknown' }), '');
  const backups = { items: [{ name: 'org-myteam', allowedTypes: ['Backup', 'Upgrade'] }] };
  assert.equal(of('Backup', backups), '');
  assert.match(of('Restore', backups), /allows Backup, Upgrade, not Restore/);
});

test('an application that is gone, or does not declare the engine, is warned of', () => {
  const state = { ready: true, capabilities: { backup: 'velero' }, conditions: [], seenAt: now };
  assert.equal(warned({ state }), '');
  assert.match(
    warned({ state: { ...state, goneAt: now } }),
    /has had no ApplicationInstance org-myteam\/nextcloud since/,
  );
  assert.match(warned({ type: 'Restore', state }), /does not carry the annotation \S+=velero; .* refuses a Restore/);
  assert.match(warned({ state: { ...state, capabilities: { backup: 'restic' } } }), /=velero/);
});

test('an operator that takes no time to live is warned of, and one that knows it by an older name is not', () => {
  const of = (backup: string[]) => warned({ cluster: checked({ acceptedParameters: { ...known, backup } }) });
  assert.match(of(['storageLocation']), /accepts no time to live: Velero's own default/);
  assert.equal(of(['retention']), '');
  assert.equal(warned({ type: 'Restore', cluster: checked({ acceptedParameters: { ...known, backup: [] } }) }), '');
});

test('what holds for this one request only is warned of at that moment', () => {
  const cluster = { name: 'east', conditions: [] };
  const of = (parameters: object, more: object = {}) =>
    warningsNow(now, { parameters: { ...parameters }, instance }, { ...cluster, ...more }).join('\n');
  assert.equal(of({ namespaceMapping: { a: 'org-myteam' } }), '');
  assert.match(of({ csiSnapshotClassName: 'x' }), /has no effect/);
  assert.match(
    of({ namespaceMapping: { a: 'b', c: 'd' } }),
    /maps to b, d, but the Operation's target is in org-myteam/,
  );
  const reachable = { type: 'Reachable', reason: 'R', message: 'no route', lastTransitionTime: now };
  assert.match(of({}, { conditions: [{ ...reachable, status: 'False' }] }), /cannot be reached \(no route\)/);
  for (const status of ['True', 'Unknown']) assert.equal(of({}, { conditions: [{ ...reachable, status }] }), '');
  assert.match(of({}, { throttledUntil: '2026-05-28T10:00:00.001Z' }), /asked for a pause until/);
  assert.equal(of({}, { throttledUntil: now }), '');
});

test('a parameter that the operator is known not to accept is an error, which says where it comes from', () => {
  const wanted = {
    type: 'Backup',
    parameters: { hooks: 1, snapshotVolumes: true },
    given: { hooks: 1 },
    ttlGiven: true,
  } as const;
  const found = unaccepted(wanted, checked());
  assert.deepEqual(
    found.map(({ field, from }) => [field, from]),
    [
      ['hooks', 'Request'],
      ['snapshotVolumes', 'ApplicationClass'],
    ],
  );
  assert.deepEqual(unaccepted(wanted, { name: 'east' }), []);
  assert.deepEqual(unaccepted({ ...wanted, type: 'Restore', parameters: { backupName: 'b' } }, checked()), []);
  const old = checked({ acceptedParameters: { ...known, backup: ['hooks', 'snapshotVolumes'] } });
  assert.deepEqual(
    unaccepted(wanted, old).map(({ field }) => field),
    ['ttl'],
  );
  assert.deepEqual(unaccepted({ ...wanted, ttlGiven: false }, old), []);
  const errors = unacceptedErrors({ ...wanted, pointer: '/template/parameters' }, checked());
  assert.deepEqual(
    errors.map(({ pointer }) => pointer),
    ['/template/parameters/hooks', '/template/parameters/snapshotVolumes'],
  );
  assert.match(errors[0]?.detail ?? '', /; leave it out, or update the operator/);
  assert.match(errors[1]?.detail ?? '', /defaultParameters: remove it there, or update/);
  assert.equal(unacceptedErrors({ ...wanted, pointer: '/parameters' }, old)[0]?.pointer, '/ttl');
});

test('a plan names each cause once, with some of the applications that it is about', () => {
  const planned = Array.from({ length: 5 }, (_, n) => ({
    schedule: { name: 'plan-daily', protectionPlanEntry: 'daily', template: {} },
    instance: { namespace: 'org', name: `app-${n}` },
    cluster: checked(),
    defaultParameters: { snapshotVolumes: true },
  }));
  const of = (count: number) => unacceptedOfPlan(planned.slice(0, count), (entry, field) => `/${entry}/${field}`);
  const [error, ...others] = of(5);
  assert.deepEqual([error?.pointer, others.length], ['/daily/snapshotVolumes', 0]);
  assert.match(
    error?.detail ?? '',
    /^snapshotVolumes: .*remove it there.* about org\/app-0, org\/app-1, org\/app-2 and 2 more\.$/,
  );
  assert.match(of(3)[0]?.detail ?? '', /about org\/app-0, org\/app-1, org\/app-2\.$/);
  assert.deepEqual(of(0), []);
  const many = Array.from({ length: 21 }, (_, n) => ({ ...planned[0], cluster: { ...checked(), name: `c-${n}` } }));
  assert.equal(unacceptedOfPlan(many as typeof planned, (entry, field) => `/${entry}/${field}`).length, 20);
  const closed = checked({ namespaces: { ...known, items: [] } });
  const warnings = (count: number) =>
    warningsForPlan(
      Array.from({ length: count }, (_, n) => ({
        ...{ schedule: { name: 's', template: {} }, defaultParameters: {}, cluster: closed },
        instance: { namespace: `org-${n}`, name: 'app' },
      })),
    );
  assert.equal(warnings(20).length, 20);
  assert.deepEqual([warnings(22).length, warnings(22).at(-1)], [21, 'And 2 more warnings like these.']);
  assert.equal(warningsForPlan([...planned, ...planned].map((each) => ({ ...each, cluster: closed }))).length, 1);
});

test('an error of a plan says what to do by where the parameter comes from', () => {
  const planned = {
    schedule: {
      name: 'plan-daily',
      protectionPlanEntry: 'daily',
      template: { parameters: { includedResources: ['pods'] } },
    },
    ...{ instance, cluster: checked({ acceptedParameters: { ...known, backup: [] } }) },
    defaultParameters: { snapshotVolumes: true },
  };
  const refused = `The operator of the cluster east does not accept it (checked ${now})`;
  const rest = 'or update the operator and check the cluster. It is about org-myteam/nextcloud.';
  assert.deepEqual(
    unacceptedOfPlan([planned], (entry, field) => `/${entry}/${field}`),
    [
      {
        pointer: '/daily/snapshotVolumes',
        detail: `snapshotVolumes: ${refused}; it comes from the application class's defaultParameters: remove it there, ${rest}`,
      },
      {
        pointer: '/daily/includedResources',
        detail: `includedResources in the template of the schedule plan-daily: ${refused}; leave it out there, ${rest}`,
      },
      {
        pointer: '/daily/ttl',
        detail: `ttl: The operator of the cluster east accepts no time to live, neither as ttl nor as retention (checked ${now}); create schedules without a ttl there, instead of a plan, ${rest}`,
      },
    ],
  );
  const warned = warningsForPlan([{ ...planned, schedule: { ...planned.schedule, template: {} } }]);
  assert.match(warned.join(), /^The operator of east accepts no time to live: Velero's own default/);
});

test('what is warned of for a plan goes by the template before the class, and by what the application reports', () => {
  const template = { parameters: { storageLocation: 'default' } };
  const planned = {
    ...{ schedule: { name: 's', template }, instance, cluster: checked() },
    defaultParameters: { storageLocation: 'gone' },
  };
  assert.deepEqual(warningsForPlan([planned]), []);
  assert.match(
    warningsForPlan([{ ...planned, schedule: { name: 's', template: {} } }]).join(),
    /no storage location gone/,
  );
  const state = { ready: true, capabilities: {}, conditions: [], seenAt: now };
  assert.match(warningsForPlan([{ ...planned, state }]).join(), /does not carry the annotation/);
});

test('a cluster that does not serve Operations, and a namespace that is closed, are warned of where that is known', () => {
  const served = (versions: string[]) => ({ group: 'ops.vworkspace.io', resource: 'operations', versions });
  const of = (part: object) => warned({ cluster: checked({ customResources: { ...known, items: [], ...part } }) });
  assert.match(
    of({ items: [served(['v1'])] }),
    /does not serve ops\.vworkspace\.io\/v1alpha1 operations \(checked 2026/,
  );
  assert.equal(of({ items: [served(['v1', 'v1alpha1'])] }), '');
  assert.equal(of({ items: [served(['v1'])], status: 'Unknown' }), '');
  assert.equal(of({ items: [{ ...served(['v1']), resource: 'backups' }] }), '', 'of another resource');
  const closed = (namespaces: string[]) =>
    warned({ cluster: checked({ namespaces: { ...known, items: [], truncated: true, closed: namespaces } }) });
  assert.match(closed([instance.namespace]), /is not open to the operator/);
  assert.equal(closed(['other']), '');
});
