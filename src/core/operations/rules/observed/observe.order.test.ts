/** The record follows what a cluster stated, whatever the network and restarts make of the order. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exampleOperation as operation } from '../../../../../test/support/core/operation-example.ts';
import type { KnownOperation, Observation } from './observation.ts';
import { observe } from './observe.ts';
import { ObservedStatus } from './observed-status.ts';

const at = (second: number) => new Date(Date.parse('2026-05-28T10:00:00Z') + second * 1000).toISOString();
const vocabularies = ['documents', 'code'] as const;
const outcomes = ['Completed', 'PartiallyFailed', 'Failed', 'FailedValidation', 'none'] as const;
type State = { phase: string; conditions: object[]; outputs?: object; warned?: boolean };

/** What an operator says of an engine's run, state after state, as an API server stores it. */
function lifeOf(vocabulary: (typeof vocabularies)[number], outcome: (typeof outcomes)[number], steps: number): State[] {
  const documents = vocabulary === 'documents';
  const condition = (type: string, status: string, reason: string, second: number, message = '') => ({
    type,
    status,
    reason,
    message,
    lastTransitionTime: at(second),
    observedGeneration: 1,
  });
  const accepted = condition('Accepted', 'True', documents ? 'TemplateValidated' : 'AdmissionPassed', 1);
  const running = condition('Running', 'True', documents ? 'VeleroBackupInProgress' : 'EngineStarted', 5);
  const notYet = documents ? [] : [condition('Succeeded', 'False', 'NotYetSucceeded', 5)];
  const states: State[] = [
    { phase: 'Pending', conditions: [] },
    { phase: 'Pending', conditions: [accepted] },
    { phase: 'Pending', conditions: [accepted, condition('Blocked', 'True', 'TargetNotReady', 2)] },
    ...Array.from({ length: steps }, () => ({ phase: 'Running', conditions: [accepted, running, ...notYet] })),
  ];
  const idle = condition('Running', 'False', 'VeleroBackupSucceeded', 60);
  const outputs = { backupName: operation.name, backupItemCount: '412' };
  const done = condition('Succeeded', 'True', documents ? 'VeleroBackupCompleted' : 'EngineCompleted', 60, '412 items');
  const failed = condition('Failed', 'True', documents ? 'VeleroBackupFailed' : 'EngineFailed', 60, 'no space left');
  if (outcome === 'Completed') states.push({ phase: 'Succeeded', conditions: [accepted, idle, done], outputs });
  if (outcome === 'Failed') states.push({ phase: 'Failed', conditions: [accepted, idle, failed] });
  if (outcome === 'PartiallyFailed')
    states.push(
      documents
        ? {
            phase: 'Succeeded',
            conditions: [accepted, idle, { ...done, reason: 'VeleroBackupPartiallyFailed' }],
            outputs: { ...outputs, warnings: ['pvc x: time-out'] },
          }
        : { phase: 'Failed', conditions: [accepted, idle, { ...failed, message: 'velero backup PartiallyFailed' }] },
    );
  if (outcome === 'FailedValidation' && documents)
    states.push({
      phase: 'Failed',
      conditions: [condition('Accepted', 'False', 'VeleroBackupValidationFailed', 60, 'no such location')],
    });
  return states;
}

function seenAs(state: State, index: number, source: 'Listed' | 'Watched'): Observation {
  const started = state.conditions.some((each) => JSON.stringify(each).includes('"Running"'));
  const ended = state.phase === 'Succeeded' || state.phase === 'Failed';
  return {
    name: operation.name,
    namespace: operation.namespace,
    uid: 'uid-1',
    operationId: operation.id,
    deleted: false,
    source,
    resourceVersion: String(998 + index),
    generation: 1,
    createdAt: at(0),
    status: ObservedStatus.parse({
      ...state,
      ...(started && { startedAt: at(5) }),
      ...(ended && { finishedAt: at(60) }),
      ...(state.phase === 'Running' && { progress: { totalItems: 412, itemsBackedUp: index } }),
    }),
  };
}

const word = fc.record({ index: fc.nat(), source: fc.constantFrom('Listed', 'Watched'), late: fc.nat(600) });
const trace = fc.record({
  life: fc
    .tuple(fc.constantFrom(...vocabularies), fc.constantFrom(...outcomes), fc.integer({ min: 1, max: 5 }))
    .map(([vocabulary, outcome, steps]) => lifeOf(vocabulary, outcome, steps)),
  words: fc.array(word, { maxLength: 20 }),
});

type Heard = { readonly observation: Observation; readonly when: string };

function heardOf({
  life,
  words,
}: {
  life: State[];
  words: { index: number; source: string; late: number }[];
}): Heard[] {
  return words.map(({ index, source, late }) => {
    const place = index % life.length;
    const state = life[place] ?? { phase: 'Pending', conditions: [] };
    return {
      observation: seenAs(state, place, source === 'Listed' ? 'Listed' : 'Watched'),
      when: at(600 + late),
    };
  });
}

function relist(life: State[]): Heard {
  const last = life.length - 1;
  return { observation: seenAs(life[last] ?? { phase: 'Pending', conditions: [] }, last, 'Listed'), when: at(5000) };
}

const fold = (heard: readonly Heard[], from: KnownOperation = operation) =>
  heard.reduce((known, { observation, when }) => observe(known, observation, when).operation, from);
const record = ({ observedAt: _, ...rest }: KnownOperation) => rest;

test('any order, repetition and omission of what a cluster said, whenever heard, gives the same record after a relist', () => {
  fc.assert(
    fc.property(trace, (given) => {
      const end = relist(given.life);
      assert.deepEqual(record(fold([...heardOf(given), end])), record(fold([end])));
    }),
    { numRuns: 1000 },
  );
});

test('what is watched alone ends in the newest state that was heard, in any order', () => {
  fc.assert(
    fc.property(trace, (given) => {
      const watched = heardOf(given).map(({ observation, when }) => ({
        observation: { ...observation, source: 'Watched' as const },
        when,
      }));
      const newest = watched.toSorted(
        (a, b) => Number(a.observation.resourceVersion) - Number(b.observation.resourceVersion),
      );
      assert.deepEqual(record(fold(watched)), record(fold(newest)));
    }),
    { numRuns: 1000 },
  );
});

test('10,000 observations shuffled, 30 % repeated and 5 % stale give the state of each Operation', () => {
  const random = fc.sample(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { numRuns: 40_000, seed: 42 }).values();
  const chance = () => (random.next().value ?? 0) / 2 ** 31;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(chance() * from.length)] as T;
  const operations = Array.from({ length: 1000 }, (_, n) => {
    const life = lifeOf(pick(vocabularies), pick(outcomes), 5);
    return { known: { ...operation, id: `operation-${n}`, uid: `uid-${n}` } satisfies KnownOperation, life };
  });
  const stream = operations.flatMap(({ known, life }, n) =>
    life.map((state, place) => ({ n, observation: { ...seenAs(state, place, 'Watched'), uid: known.uid } })),
  );
  const repeated = stream.filter(() => chance() < 0.3);
  const stale = stream.filter(() => chance() < 0.05);
  const heard = [...stream, ...repeated]
    .map((each) => ({ each, place: chance() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ each }) => each)
    .concat(stale);
  assert.ok(heard.length > 10_000, String(heard.length));
  const records: KnownOperation[] = operations.map(({ known }) => known);
  for (const { n, observation } of heard) records[n] = observe(records[n] ?? operation, observation, at(900)).operation;
  for (const [n, { known, life }] of operations.entries()) {
    const inOrder = life.map((state, place) => ({
      observation: { ...seenAs(state, place, 'Watched'), uid: known.uid },
      when: at(900),
    }));
    assert.deepEqual(record(records[n] ?? operation), record(fold(inOrder, known)));
  }
});
