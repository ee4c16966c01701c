/**
 * For each fault that a cluster can have: the clusters beside it wait at most a tenth longer for what is owed to them.
 * Three ill clusters are owed eight Operations each, as many as a cluster is called with at a time, and are called before
 * anything is owed to the twenty well ones, 80 each; the ill ones' share of the work counts against the bound. A round
 * beside ill ones is compared with the mean of the two alone before and after it, since the machine may have more to do
 * than this, and the median of three rounds counts. A median over the bound is looked at again with one round more at a
 * time, nine at most, all of which count: chance passes, a fault that slows others does not. Every ill cluster must show
 * its illness each time.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { place } from '../support/many-clusters.ts';
import { type Illness, type Neighbourhood, type Signs, setNeighbourhood } from '../support/neighbourhood.ts';

const bound = 1.1;
const rounds = { least: 3, most: 9 };

type Shows = Illness['shows'];
/** An apply was answered so; 0: not at all. */
const answers =
  (...codes: readonly number[]): Shows =>
  ({ requests }) =>
    requests.some(
      ({ verb, resource, name, code }) =>
        verb === 'patch' && resource === 'operations' && name?.startsWith('backup-') && codes.includes(code),
    );
const isAsked =
  (asked: string, code?: number): Shows =>
  ({ requests }) =>
    requests.some(({ verb, code: answered }) => verb === asked && (code === undefined || code === answered));
const failsWith =
  (pattern: RegExp): Shows =>
  ({ owed }) =>
    owed.some(({ message }) => message !== null && pattern.test(message));
/** Calls go there, and nothing comes back: neither an answer nor a reason, unless it is that the time is up. */
const isSilent: Shows = ({ owed, requests }) =>
  requests.length === 0 &&
  owed.some(({ attempts }) => attempts > 0) &&
  owed.every(({ uid, message }) => uid === null && (message === null || /\d s/.test(message)));
const isStruck: Shows = ({ struckCount }) => struckCount > 0;
const isUnheard: Shows = ({ owed }) => owed.some(({ uid }) => uid !== null) && owed.every(({ observed }) => !observed);
const isOfThePast: Shows = ({ lostCount }) => lostCount > 0;
const hasAnotherTime: Shows = ({ stated }) =>
  stated.some(({ createdAt }) => Math.abs(Date.parse(createdAt) - Date.now()) > 1_800_000);
const both =
  (...all: readonly Shows[]): Shows =>
  (signs: Signs) =>
    all.every((shows) => shows(signs));
const done = answers(200, 201);

const illnesses: Readonly<Record<string, Illness>> = {
  'refuses connections': { ailments: [{ kind: 'unreachable', mode: 'refuse' }], shows: failsWith(/ECONNREFUSED/) },
  'resets connections': { ailments: [{ kind: 'unreachable', mode: 'reset' }], shows: answers(0) },
  'is a black hole': { ailments: [{ kind: 'unreachable', mode: 'blackHole' }], shows: isSilent },
  'is half open': { ailments: [{ kind: 'halfOpen' }], shows: isSilent },
  'is half open where connected': { ailments: [{ kind: 'halfOpen', only: 'established' }], shows: isSilent },
  'has a certificate of another authority': {
    ailments: [{ kind: 'certificate', problem: 'authority' }],
    shows: failsWith(/./),
  },
  'has a certificate for another name': { ailments: [{ kind: 'certificate', problem: 'name' }], shows: failsWith(/./) },
  'has an expired certificate': { ailments: [{ kind: 'certificate', problem: 'expired' }], shows: failsWith(/./) },
  'is mute': { ailments: [{ kind: 'mute' }], shows: answers(0) },
  'is slow': { ailments: [{ kind: 'slow', ms: 1_000 }], shows: both(isStruck, done) },
  'answers 401': { ailments: [{ kind: 'unauthorized' }], shows: answers(401) },
  'has let the token expire': { ailments: ['expireToken'], shows: answers(401) },
  throttles: { ailments: [{ kind: 'throttle' }], shows: answers(429) },
  'answers 500': { ailments: [{ kind: 'error', code: 500 }], shows: answers(500) },
  'answers 503 now and then': { ailments: [{ kind: 'error', code: 503, rate: 0.5 }], shows: answers(503) },
  'has other owners of the fields': { ailments: [{ kind: 'conflict' }], again: true, shows: answers(409) },
  'has no quota left': { ailments: [{ kind: 'quota' }], shows: answers(403) },
  'cuts JSON short': { ailments: [{ kind: 'truncate', mode: 'cut' }], shows: both(isStruck, failsWith(/./)) },
  'garbles JSON': { ailments: [{ kind: 'truncate', mode: 'clean' }], shows: both(isStruck, failsWith(/./)) },
  'stores and then cuts the connection': { ailments: [{ kind: 'cutAfterCommit' }], shows: answers(0) },
  'drops watches': { ailments: [{ kind: 'dropWatches', afterMs: 50, abrupt: true }], shows: both(isStruck, done) },
  'leaves watches silent': { ailments: [{ kind: 'silentWatches' }], shows: isUnheard },
  'calls every version expired': {
    ailments: [{ kind: 'expired' }, { kind: 'dropWatches', count: 2 }],
    shows: both(isStruck, isAsked('list')),
  },
  'calls every version expired by status': {
    ailments: [
      { kind: 'expired', asHttp: true },
      { kind: 'dropWatches', count: 2 },
    ],
    shows: both(isAsked('watch', 410), isAsked('list')),
  },
  'has forgotten its history': { ailments: ['compact'], shows: both(isAsked('watch'), isAsked('list')) },
  'is set back to an older state': { ailments: ['rewind'], shows: both(isOfThePast, done) },
  'has another time': { ailments: [{ kind: 'clockSkew', seconds: -3600 }], shows: both(hasAnotherTime, done) },
  'has lost the CRD': { ailments: [{ kind: 'crdGone', resources: ['operations'] }], shows: answers(404) },
  'has lost the namespace': { ailments: ['deleteNamespace'], shows: answers(403, 404) },
  'is deleting the namespace': {
    ailments: [{ kind: 'namespaceTerminating', namespaces: [place.namespace] }],
    shows: answers(403),
  },
  'may not be listed as a whole': { ailments: ['restrict'], shows: both(isAsked('list', 403), done) },
  denies: { ailments: [{ kind: 'deny', message: 'not today' }], shows: answers(400, 403) },
  'has a webhook that is down': { ailments: [{ kind: 'webhookDown', afterMs: 200 }], shows: answers(500) },
  'fails backups': {
    ailments: [{ kind: 'backup', outcome: 'PartiallyFailed' }],
    ofOperator: true,
    shows: both(isStruck, done),
  },
  'never ends backups': {
    ailments: [{ kind: 'backup', outcome: 'hang' }],
    ofOperator: true,
    shows: both(isStruck, done),
  },
  'loses events': { ailments: [{ kind: 'eventGap' }], ofOperator: true, shows: isStruck },
  'tells events twice': { ailments: [{ kind: 'eventDuplicate' }], ofOperator: true, shows: isStruck },
  'tells events in reverse': { ailments: [{ kind: 'eventReorder' }], ofOperator: true, shows: isStruck },
  'tells secrets in events': { ailments: [{ kind: 'eventSecrets' }], ofOperator: true, shows: isStruck },
};

describe('beside clusters of which each', () => {
  let neighbourhood: Neighbourhood;
  let alone: number;
  before(async () => {
    neighbourhood = await setNeighbourhood();
    await neighbourhood.aloneSeconds();
    alone = await neighbourhood.aloneSeconds();
  });
  after(() => neighbourhood?.close());

  for (const [name, illness] of Object.entries(illnesses)) {
    test(`${name}, the others get theirs within a tenth of the time that they need alone`, async (t) => {
      const ratios: number[] = [];
      while (ratios.length < rounds.least || (median(ratios) > bound && ratios.length < rounds.most)) {
        const beside = await neighbourhood.besideSeconds(illness);
        const then = await neighbourhood.aloneSeconds();
        ratios.push((2 * beside) / (alone + then));
        alone = then;
      }
      const told = `${median(ratios).toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(', ')})`;
      t.diagnostic(`${name}: ${told}; alone ${alone.toFixed(2)} s`);
      assert.ok(median(ratios) <= bound, told);
    });
  }
});

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.floor((sorted.length - 1) / 2), Math.floor(sorted.length / 2) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}
