// The service account that the control plane uses, and what it may do: as the operator's installation grants it, less
// where it was restricted, more where somebody granted it.

import type { JsonObject } from './json.ts';
import { text } from './json.ts';
import type { Rule, User } from './rbac.ts';
import { isOpen } from './reconciler.ts';
import { NAMESPACES } from './registry.ts';
import { SYSTEM_NAMESPACE } from './seeds.ts';
import type { Store } from './store.ts';
import type { Vocabulary } from './vocabulary.ts';

const USER = `system:serviceaccount:${SYSTEM_NAMESPACE}:vworkspace-control-plane`;
const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'patch', 'update', 'delete'];
const GROUPS = ['ops.vworkspace.io', 'apps.vworkspace.io'];
const RESOURCES = ['operations', 'applicationinstances'];

/** An optional right: what Velero itself says of backups, restores and where they lie. */
export const VELERO_RULES: readonly Rule[] = [
  { verbs: READ, groups: ['velero.io'], resources: ['backups', 'restores', 'backupstoragelocations'] },
];

/** As docs/rbac-discovery.yaml grants it: none of it belongs to the account by itself. */
export const DISCOVERY_RULES: readonly Rule[] = [
  ...VELERO_RULES,
  { verbs: READ, groups: ['snapshot.storage.k8s.io'], resources: ['volumesnapshotclasses'] },
  { verbs: READ, groups: ['storage.k8s.io'], resources: ['storageclasses'] },
  { verbs: READ, groups: [''], resources: ['namespaces'] },
];

export class Account {
  readonly #open = new Set<string>();
  readonly #granted: Rule[];
  #namespaces: readonly string[] | undefined;

  constructor(
    store: Store,
    vocabulary: Vocabulary,
    namespaces: readonly string[] | undefined,
    granted: readonly Rule[],
  ) {
    this.#namespaces = namespaces;
    this.#granted = [...granted];
    store.listen(NAMESPACES, ({ kind, object }) =>
      this.#notice(kind !== 'DELETED' && isOpen(object, vocabulary), object),
    );
  }

  /** Read anew at every request. */
  readonly user: User = {
    name: USER,
    groups: ['system:serviceaccounts', 'system:authenticated'],
    rules: () => [...this.#rules(), ...this.#granted],
  };

  grant(rule: Rule): { clear(): void } {
    this.#granted.push(rule);
    return { clear: () => void this.#granted.splice(this.#granted.indexOf(rule), 1) };
  }

  /** Roles in these namespaces alone; undefined gives the cluster back. */
  restrictTo(namespaces: readonly string[] | undefined): void {
    this.#namespaces = namespaces;
  }

  #notice(open: boolean, namespace: JsonObject): void {
    const name = text(namespace, 'metadata', 'name');
    if (open) this.#open.add(name);
    else this.#open.delete(name);
  }

  /** Reads everywhere and writes in open namespaces, or both in the named namespaces only. */
  #rules(): readonly Rule[] {
    const clusters: Rule = { verbs: READ, groups: ['ops.vworkspace.io'], resources: ['clusters'] };
    if (this.#namespaces !== undefined)
      return [
        clusters,
        { verbs: [...READ, ...WRITE], groups: GROUPS, resources: RESOURCES, namespaces: this.#namespaces },
      ];
    return [
      clusters,
      { verbs: READ, groups: GROUPS, resources: RESOURCES },
      { verbs: WRITE, groups: GROUPS, resources: RESOURCES, namespaces: [...this.#open] },
    ];
  }
}
