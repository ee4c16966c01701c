/** Where the kinds that matter here are served. */

const groups = {
  namespaces: '/api/v1',
  secrets: '/api/v1',
  configmaps: '/api/v1',
  serviceaccounts: '/api/v1',
  persistentvolumes: '/api/v1',
  persistentvolumeclaims: '/api/v1',
  services: '/api/v1',
  storageclasses: '/apis/storage.k8s.io/v1',
  deployments: '/apis/apps/v1',
  roles: '/apis/rbac.authorization.k8s.io/v1',
  rolebindings: '/apis/rbac.authorization.k8s.io/v1',
  clusterroles: '/apis/rbac.authorization.k8s.io/v1',
  clusterrolebindings: '/apis/rbac.authorization.k8s.io/v1',
  customresourcedefinitions: '/apis/apiextensions.k8s.io/v1',
  validatingwebhookconfigurations: '/apis/admissionregistration.k8s.io/v1',
  operations: '/apis/ops.vworkspace.io/v1alpha1',
  clusters: '/apis/ops.vworkspace.io/v1alpha1',
  applicationinstances: '/apis/apps.vworkspace.io/v1alpha1',
  backups: '/apis/velero.io/v1',
  restores: '/apis/velero.io/v1',
  backupstoragelocations: '/apis/velero.io/v1',
} as const;
export type Plural = keyof typeof groups;

/** With a namespace and a name, with one of them, or with none: the path of one resource or of a list. */
export function pathOf(plural: Plural, namespace?: string, name?: string): string {
  const inside = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return `${groups[plural]}${inside}/${plural}${name === undefined ? '' : `/${name}`}`;
}

/** Of a manifest as it is written in a file. */
export function pathOfManifest(manifest: {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}): string {
  const plural = `${manifest.kind.toLowerCase()}${manifest.kind.endsWith('s') ? 'es' : 's'}`;
  if (!isPlural(plural)) throw new Error(`The laboratory does not know where ${manifest.kind} is served.`);
  return pathOf(plural, manifest.metadata.namespace, manifest.metadata.name);
}

function isPlural(name: string): name is Plural {
  return Object.hasOwn(groups, name);
}
