/**
 * Finds out whether the operator's webhook checks Operations, which parameters it accepts, and whether it demands an
 * approval of each Restore, by server-side dry runs of an Operation on an application that the cluster has. A dry run goes
 * through admission and is never persisted.
 *
 * The first dry run has a target that is nowhere. Each operator denies it: if it passes, nothing is checked at admission,
 * and the dry runs that would follow say nothing. An application in whose namespace the credentials have no right to this
 * says nothing either: the next one is tried.
 *
 * The next dry run has all parameters. Only when it is denied, each parameter is tried by itself, because a denial
 * need not name everything that it objects to. A parameter counts as not accepted only when a denial names it as
 * unknown. Any other denial is about its value.
 */

import { z } from 'zod';
import type { ClusterTarget } from '../../core/clusters/ports.ts';
import type { Discovery } from '../../core/clusters/rules/discovery.ts';
import type { ClusterFailure } from '../../core/clusters/rules/failure.ts';
import { clip } from '../../core/kernel/rules/condition.ts';
import { fieldManager } from '../../core/operations/rules/manifest.ts';
import { asksForApproval } from '../http/failures.ts';
import type { Query, QueryResult } from './query.ts';

export interface ApplicationPlace {
  readonly namespace: string;
  readonly name: string;
}

export interface Admission {
  readonly webhook: Discovery['webhook'];
  readonly acceptedParameters: Discovery['acceptedParameters'];
  readonly restoreApproval: NonNullable<Discovery['restoreApproval']>;
}

/** Each parameter with a value of its type; together they are the most that is ever sent. */
const sent = {
  Backup: {
    retention: '720h',
    ttl: '720h',
    storageLocation: 'default',
    snapshotVolumes: true,
    snapshotClassName: 'default',
    csiSnapshotClassName: 'default',
    includedResources: ['*'],
    excludedResources: ['events'],
  },
  Restore: {
    backupName: 'parameter-check',
    namespaceMapping: {},
    restorePVs: true,
    existingResourcePolicy: 'none',
    includedResources: ['*'],
    excludedResources: ['events'],
  },
} as const satisfies Record<string, Readonly<Record<string, unknown>>>;
type Type = keyof typeof sent;
const required: Readonly<Record<Type, readonly string[]>> = { Backup: [], Restore: ['backupName'] };

const maxApplicationCount = 3;
/** The first dry run is one call, so it may look further for a namespace in which it has the rights. */
const maxPlaceCount = 10;
const checkName = 'vworkspace-control-plane-check';
const Anything = z.looseObject({ kind: z.literal('Operation') });

export async function tryAdmission(
  query: Query,
  now: string,
  { cluster }: Pick<ClusterTarget, 'cluster'>,
  applications: readonly ApplicationPlace[],
): Promise<Admission> {
  const tried = await tryDenied(query, applications.slice(0, maxPlaceCount), cluster.name);
  if (tried.kind === 'Passed') return unchecked(now, tried.at);
  const places = tried.kind === 'Denied' ? tried.places.slice(0, maxApplicationCount) : [];
  const outcomes: DryRunOutcome[] = tried.kind === 'Failed' ? [{ failure: tried.failure }] : [];
  const accepted: Partial<Record<Type, string[]>> = {};
  for (const type of ['Backup', 'Restore'] as const) {
    for (const place of places) {
      const found = await dryRunEach(
        (parameters) => query(dryRun(type, place, parameters, cluster.name), Anything),
        type,
      );
      outcomes.push(found);
      if (found.parameters !== undefined) {
        accepted[type] = found.parameters;
        break;
      }
      if (found.failure !== undefined && !isOfPlace(found.failure)) break;
    }
  }
  const restore = outcomes.find(({ demandsApproval }) => demandsApproval !== undefined)?.demandsApproval;
  const known = accepted.Backup !== undefined || accepted.Restore !== undefined;
  const problem = clip(
    outcomes.find(({ parameters }) => parameters === undefined)?.failure?.message ??
      'At this check no application of the cluster was registered, so no dry run of an Operation was made.',
  );
  return {
    webhook: webhookOf(outcomes, tried.kind === 'Denied', now, problem),
    acceptedParameters: known
      ? {
          status: 'Known',
          checkedAt: now,
          source: 'DryRun',
          ...(accepted.Backup !== undefined && { backup: accepted.Backup }),
          ...(accepted.Restore !== undefined && { restore: accepted.Restore }),
          ...((accepted.Backup === undefined || accepted.Restore === undefined) && { problem }),
        }
      : { status: 'Unknown', problem },
    restoreApproval:
      restore === undefined ? { status: 'Unknown', problem } : { status: 'Known', checkedAt: now, demanded: restore },
  };
}

type Tried =
  | { readonly kind: 'Denied'; readonly places: readonly ApplicationPlace[] }
  | { readonly kind: 'Passed'; readonly at: ApplicationPlace }
  | { readonly kind: 'Failed'; readonly failure: ClusterFailure }
  | { readonly kind: 'NotTried' };

const nowhere = 'vworkspace-control-plane-checks-that-this-is-denied';

/** The places are those from the first on that gave an answer. */
async function tryDenied(query: Query, places: readonly ApplicationPlace[], clusterName: string): Promise<Tried> {
  let failed: Tried = { kind: 'NotTried' };
  for (const [index, place] of places.entries()) {
    const asked = dryRun('Backup', { ...place, name: nowhere }, {}, clusterName);
    const { value, failure } = await query(asked, Anything);
    if (value !== undefined) return { kind: 'Passed', at: place };
    if (failure === undefined) continue;
    if (/denied (the )?request/.test(failure.message)) return { kind: 'Denied', places: places.slice(index) };
    failed = failed.kind === 'Failed' ? failed : { kind: 'Failed', failure };
    if (!isOfPlace(failure)) break;
  }
  return failed;
}

/** Whether another namespace may answer otherwise. */
function isOfPlace(failure: ClusterFailure): boolean {
  return (
    isDenial(failure) ||
    (failure.kind === 'Refused' && (failure.status === 403 || failure.reason === 'NamespaceNotFound'))
  );
}

function unchecked(now: string, { namespace }: ApplicationPlace): Admission {
  const problem = `Nothing checks Operations at admission (a dry run in ${namespace} passed that has to be denied), so dry runs do not tell.`;
  return {
    webhook: { status: 'Absent', checkedAt: now, problem },
    acceptedParameters: { status: 'Unknown', problem },
    restoreApproval: { status: 'Absent', checkedAt: now, problem },
  };
}

const oldest = {
  backup: ['retention', 'snapshotClassName', 'storageLocation'],
  restore: ['backupName', 'namespaceMapping', 'restorePVs'],
};
const newest = { backup: Object.keys(sent.Backup), restore: Object.keys(sent.Restore) };

/** Where no dry run gave an answer: the parameters in the resource's schema, else those of the operator's version. */
export function acceptedBySchemaOrVersion(found: Discovery, now: string): Discovery['acceptedParameters'] {
  const { acceptedParameters, customResources, operator } = found;
  if (acceptedParameters.status !== 'Unknown') return acceptedParameters;
  const known = { ...acceptedParameters, status: 'Known', checkedAt: now } as const;
  const declared = customResources.items?.find(({ parameters }) => parameters !== undefined)?.parameters;
  if (declared !== undefined) {
    const those = (keys: readonly string[]) => keys.filter((key) => declared.includes(key));
    return { ...known, source: 'Schema', backup: those(newest.backup), restore: those(newest.restore) };
  }
  const [major, minor, patch] = (/^v?(\d+)\.(\d+)\.(\d+)/.exec(operator.items?.[0]?.version ?? '') ?? [])
    .slice(1)
    .map(Number);
  if (major === undefined || minor === undefined || patch === undefined) return acceptedParameters;
  // At about 0.0.7 parameters were added. A version that close to it may accept the old set or the new one.
  if (major === 0 && minor === 0 && patch < 6) return { ...known, source: 'OperatorVersion', ...oldest };
  return major > 0 || minor > 0 || patch > 8 ? { ...known, source: 'OperatorVersion', ...newest } : acceptedParameters;
}

interface DryRunOutcome {
  readonly parameters?: string[] | undefined;
  /** Of a Restore. */
  readonly demandsApproval?: boolean | undefined;
  readonly failure?: ClusterFailure | undefined;
}

type DryRun = (parameters: Readonly<Record<string, unknown>>) => Promise<QueryResult<unknown>>;

async function dryRunEach(run: DryRun, type: Type): Promise<DryRunOutcome> {
  const all: Readonly<Record<string, unknown>> = sent[type];
  const keys = Object.keys(all);
  const whole = await run(all);
  const passed = (parameters: string[], { failure }: QueryResult<unknown>): DryRunOutcome =>
    type === 'Restore' ? { parameters, demandsApproval: isWithoutApproval(failure) } : { parameters };
  if (passes(whole)) return passed(keys, whole);
  if (!isDenial(whole.failure)) return whole;
  const least = Object.fromEntries(required[type].map((key) => [key, all[key]]));
  const base = await run(least);
  if (!passes(base)) return { failure: base.failure };
  const parameters = [...required[type]];
  for (const key of keys.filter((each) => !required[type].includes(each))) {
    const alone = await run({ ...least, [key]: all[key] });
    if (!passes(alone) && !isDenial(alone.failure)) return { failure: alone.failure };
    if (passes(alone) || !isUnknownKey(key, alone.failure?.message ?? '')) parameters.push(key);
  }
  return passed(parameters, base);
}

/**
 * The operator looks for an approval, and then for a conflict with another Operation, only after the parameters: so a denial
 * for one of these passes as well.
 */
function passes({ value, failure }: QueryResult<unknown>): boolean {
  return (
    value !== undefined ||
    isWithoutApproval(failure) ||
    (isDenial(failure) && /conflict|in flight/i.test(failure?.message ?? ''))
  );
}

function isWithoutApproval(failure: ClusterFailure | undefined): boolean {
  return isDenial(failure) && asksForApproval(failure?.message ?? '');
}

/** The webhook or the schema objects. Any other failure only leaves the question without an answer. */
function isDenial(failure: ClusterFailure | undefined): boolean {
  return failure?.kind === 'Refused' && (failure.reason === 'Invalid' || /denied (the )?request/.test(failure.message));
}

const unknownWords =
  /additional|not allowed|unknown|unsupported|not supported|unexpected|unrecogni[sz]ed|not permitted|not declared|not accepted/i;

function isUnknownKey(key: string, words: string): boolean {
  return unknownWords.test(words) && new RegExp(`\\b${key}\\b`).test(words);
}

function webhookOf(
  outcomes: readonly DryRunOutcome[],
  denied: boolean,
  now: string,
  problem: string,
): Discovery['webhook'] {
  const down = outcomes.find(({ failure }) => /failed calling webhook/.test(failure?.message ?? ''))?.failure;
  if (down !== undefined) return { status: 'Known', checkedAt: now, answers: false, message: clip(down.message) };
  const answered = denied || outcomes.some(({ parameters, failure }) => parameters !== undefined || isDenial(failure));
  return answered ? { status: 'Known', checkedAt: now, answers: true } : { status: 'Unknown', problem };
}

function dryRun(type: Type, place: ApplicationPlace, parameters: object, clusterName: string) {
  const namespace = encodeURIComponent(place.namespace);
  const query = new URLSearchParams({ fieldManager, dryRun: 'All' });
  return {
    method: 'PATCH',
    path: `/apis/ops.vworkspace.io/v1alpha1/namespaces/${namespace}/operations/${checkName}?${query}`,
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body: JSON.stringify({
      apiVersion: 'ops.vworkspace.io/v1alpha1',
      kind: 'Operation',
      metadata: {
        name: checkName,
        namespace: place.namespace,
        labels: {
          'app.vworkspace.io/managed-by': 'control-plane',
          'app.vworkspace.io/cluster-id': clusterName,
          'app.vworkspace.io/application-instance': place.name,
          'app.vworkspace.io/dry-run': 'parameter-check',
        },
      },
      spec: {
        targetRef: { apiVersion: 'apps.vworkspace.io/v1alpha1', kind: 'ApplicationInstance', name: place.name },
        type,
        engine: 'velero',
        parameters,
      },
    }),
  } as const;
}
