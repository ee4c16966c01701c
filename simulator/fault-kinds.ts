// The faults that exist, each with what it does in a line: the table that the help, the control endpoint and the README
// show, and the type that code is checked against.

interface Limits {
  /** Kubernetes verbs (`list`, `watch`, `patch`, …) and plural resource names; absent means all. */
  readonly verbs?: readonly string[];
  readonly resources?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly names?: readonly string[];
  /** Strikes this often, then clears itself. */
  readonly count?: number;
  readonly durationMs?: number;
  /** Share of the matching requests that it strikes, 0 to 1. */
  readonly rate?: number;
}

type Kinds =
  | { readonly kind: 'unreachable'; readonly mode?: 'refuse' | 'reset' | 'blackHole' }
  | { readonly kind: 'halfOpen'; readonly only?: 'established' | 'new'; readonly heals?: boolean }
  | { readonly kind: 'certificate'; readonly problem?: 'authority' | 'name' | 'expired' }
  | { readonly kind: 'mute' }
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'throttle'; readonly retryAfterSeconds?: number }
  | { readonly kind: 'error'; readonly code: number; readonly message?: string; readonly retryAfterSeconds?: number }
  | { readonly kind: 'conflict'; readonly manager?: string }
  | { readonly kind: 'quota'; readonly limit?: number }
  | { readonly kind: 'truncate'; readonly mode?: 'cut' | 'clean' }
  | { readonly kind: 'cutAfterCommit' }
  | { readonly kind: 'dropWatches'; readonly afterMs?: number; readonly abrupt?: boolean }
  | { readonly kind: 'silentWatches' }
  | { readonly kind: 'expired'; readonly asHttp?: boolean }
  | { readonly kind: 'clockSkew'; readonly seconds: number }
  | { readonly kind: 'crdGone'; readonly resources: readonly string[] }
  | { readonly kind: 'namespaceTerminating'; readonly namespaces: readonly string[] }
  | { readonly kind: 'deny'; readonly message: string }
  | { readonly kind: 'webhookDown'; readonly message?: string; readonly afterMs?: number }
  | { readonly kind: 'eventGap' }
  | { readonly kind: 'eventDuplicate' }
  | { readonly kind: 'eventReorder' }
  | { readonly kind: 'eventSecrets'; readonly value?: string }
  | {
      readonly kind: 'backup';
      readonly outcome: 'PartiallyFailed' | 'FailedValidation' | 'Failed' | 'hang';
      readonly reason?: string;
    };

export type Fault = Limits & Kinds;
export type FaultKind = Fault['kind'];
export type FaultOf<K extends FaultKind> = Extract<Fault, { readonly kind: K }>;

/** How a field of a fault must look in JSON: a type, or the words it may be; `!` marks the required ones. */
type Field = 'number' | 'number!' | 'string' | 'string!' | 'boolean' | 'strings!' | readonly string[];

export interface FaultRow {
  readonly does: string;
  readonly fields?: Readonly<Record<string, Field>>;
}

const FAULTS = {
  unreachable: {
    does: 'refuse: nobody listens; reset: each request is reset; blackHole: connections open and no byte ever comes',
    fields: { mode: ['refuse', 'reset', 'blackHole'] },
  },
  halfOpen: {
    does: 'established connections and new ones fall silent in both directions without FIN, watches too; for good, or with heals until the fault clears',
    fields: { only: ['established', 'new'], heals: 'boolean' },
  },
  certificate: {
    does: 'connections are closed and find a certificate of another authority, for another name, or out of date',
    fields: { problem: ['authority', 'name', 'expired'] },
  },
  mute: { does: 'requests are taken and never answered; open watches fall silent' },
  slow: { does: 'answers come ms milliseconds late', fields: { ms: 'number!' } },
  unauthorized: { does: '401: the token has expired' },
  throttle: {
    does: '429 of API priority and fairness, with Retry-After (1 s)',
    fields: { retryAfterSeconds: 'number' },
  },
  error: {
    does: 'a Status with this code: 500, 503, 504, …',
    fields: { code: 'number!', message: 'string', retryAfterSeconds: 'number' },
  },
  conflict: {
    does: '409 to writes of existing objects: owned by another field manager (apply), modified meanwhile (others)',
    fields: { manager: 'string' },
  },
  quota: {
    does: '403 exceeded quota to a create beyond limit (0) objects of a namespace',
    fields: { limit: 'number' },
  },
  truncate: {
    does: "an answer's or watch event's JSON ends in the middle: cut with its connection, or clean and well framed",
    fields: { mode: ['cut', 'clean'] },
  },
  cutAfterCommit: { does: 'the write is stored, then the connection is reset' },
  dropWatches: {
    does: 'ends open watches now and new ones after afterMs; abrupt: by a reset',
    fields: { afterMs: 'number', abrupt: 'boolean' },
  },
  silentWatches: { does: 'watches stay open and tell nothing, no bookmark either; what they missed follows' },
  expired: {
    does: 'watches and continued lists are too old: in the stream, or as HTTP 410',
    fields: { asHttp: 'boolean' },
  },
  clockSkew: {
    does: "the cluster's clock differs: Date, creationTimestamp, conditions, expiry of tokens and claims",
    fields: { seconds: 'number!' },
  },
  crdGone: {
    does: 'the CRDs of these plurals and all their objects are removed, watches end; put back, empty, when it clears',
    fields: { resources: 'strings!' },
  },
  namespaceTerminating: {
    does: 'the namespaces are deleted, but stay Terminating until it clears',
    fields: { namespaces: 'strings!' },
  },
  deny: { does: 'the admission webhook denies with this text', fields: { message: 'string!' } },
  webhookDown: {
    does: '500 failed calling webhook, after afterMs',
    fields: { message: 'string', afterMs: 'number' },
  },
  backup: {
    does: 'how the next Velero backups or restores end',
    fields: { outcome: ['PartiallyFailed', 'FailedValidation', 'Failed', 'hang'], reason: 'string' },
  },
  eventGap: { does: "the operator's event stream loses events" },
  eventDuplicate: { does: 'the event stream tells events twice' },
  eventReorder: { does: 'the event stream posts a batch in reverse order' },
  eventSecrets: { does: 'events carry secrets in managedStorage', fields: { value: 'string' } },
} as const satisfies Readonly<Record<FaultKind, FaultRow>>;

export const rowOf = (kind: FaultKind): FaultRow => FAULTS[kind];

export const isFaultKind = (kind: unknown): kind is FaultKind =>
  typeof kind === 'string' && Object.hasOwn(FAULTS, kind);

export const faultKinds = (): readonly FaultKind[] => Object.keys(FAULTS).filter(isFaultKind);

/** The fields of a kind as people write them: `mode=refuse|reset`, `ms`. */
export const fieldsOf = (kind: FaultKind): string =>
  Object.entries(rowOf(kind).fields ?? {})
    .map(([name, field]) => (typeof field === 'string' ? name : `${name}=${field.join('|')}`))
    .join(', ');

/** Every fault with its fields and what it does, for a terminal. */
export const faultHelp = (): string =>
  faultKinds()
    .map(
      (kind) =>
        `  ${kind.padEnd(20)} ${rowOf(kind).does}${fieldsOf(kind) === '' ? '' : `\n${' '.repeat(23)}${fieldsOf(kind)}`}\n`,
    )
    .join('');
