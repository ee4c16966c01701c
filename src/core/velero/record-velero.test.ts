/** How many of Velero's resources are told to be left out, and which names nobody can store. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KnownVelero, VeleroDecision, VeleroPlaces, VeleroRecord } from './ports.ts';
import { type RecordVeleroPorts, recordVelero } from './record-velero.ts';
import type { ObservedVelero } from './rules/velero-resource.ts';

const now = '2026-05-28T10:00:00.000Z';
const seen = (name: string, more: Partial<ObservedVelero> = {}): ObservedVelero => ({
  ...{ kind: 'Backup', name, namespace: 'velero', uid: `u-${name}`, deleted: false, phase: 'New' },
  ...{ namespaces: [], validationErrors: [], ...more },
});

/** A record that knows the places that it is asked for, and leaves out as many as it is told. */
function recording(known: KnownVelero = {}) {
  const asked: VeleroPlaces[] = [];
  const decisions: VeleroDecision[] = [];
  const state = { leavesOut: 0 };
  const write: VeleroRecord['write'] = async (_, places, decide) => {
    asked.push(places);
    const at = 'at' in places ? places.at.map(({ kind, name }) => `${kind}/${name}`) : ['Backup/missing'];
    decisions.push(decide(new Map(at.map((place) => [place, known]))));
    return { leftOutCount: state.leavesOut };
  };
  let ids = 0;
  const newId = () => {
    ids += 1;
    return `id-${ids}`;
  };
  const ports = { veleroRecord: { write }, clock: { now: async () => now }, vault: { newId } };
  const recorder = recordVelero(ports as unknown as RecordVeleroPorts, { id: 'c', organizationId: 'o' });
  return { recorder, asked, decisions, state };
}

test('what the last list left out is told until the next one, and what was seen since where that is more', async () => {
  const { recorder, state } = recording();
  const list = (kind: 'Backup' | 'Restore') => recorder.listed(kind, { present: new Set(), beganAt: now });
  const counts: number[] = [];
  const count = () => counts.push(recorder.leftOutCount());
  count();
  state.leavesOut = 2;
  await recorder.seen([seen('a')]);
  count();
  await recorder.seen([seen('b')]);
  count();
  await list('Restore');
  count();
  await list('Backup');
  count();
  state.leavesOut = 1;
  await recorder.seen([seen('c')]);
  count();
  state.leavesOut = 0;
  await list('Backup');
  count();
  await list('Backup');
  count();
  assert.deepEqual(counts, [0, 2, 4, 4, 4, 4, 1, 0]);
});

test('a name that cannot be stored is not asked for, and the others are recorded in their cluster and organization', async () => {
  const { recorder, asked, decisions } = recording();
  await recorder.seen([seen('a'), seen('nul\u0000'), seen('half\ud800'), seen('a', { phase: 'Completed' })]);
  assert.deepEqual(asked, [
    {
      at: [
        { kind: 'Backup', name: 'a' },
        { kind: 'Backup', name: 'a' },
      ],
    },
  ]);
  const [{ written = [], bad = [] } = {}] = decisions;
  assert.deepEqual(bad, []);
  assert.deepEqual(
    written.map(({ name, organizationId, clusterId, phase, seenAt }) => ({
      name,
      organizationId,
      clusterId,
      phase,
      seenAt,
    })),
    [{ name: 'a', organizationId: 'o', clusterId: 'c', phase: 'Completed', seenAt: now }],
  );
});
