/**
 * The one namespace that Velero works in: as the cluster's setting says, else where its storage locations were found, else
 * Velero's own default.
 */
import type { Cluster } from '../../clusters/rules/cluster.ts';

export function veleroNamespaceOf({
  veleroNamespace,
  discovery,
}: Pick<Cluster, 'veleroNamespace' | 'discovery'>): string {
  return veleroNamespace ?? discovery?.storageLocations.items?.[0]?.namespace ?? 'velero';
}
