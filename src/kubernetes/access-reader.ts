/**
 * Reads the access that a request gives. Server, ca and token obey the same rules as the fields of a kubeconfig; no
 * error repeats any of them. An address that clusters may not have is refused here where it is written as a number; a
 * name is checked at each connection (http/tls-connect.ts), because it may resolve to another address by then.
 */

import { isIP } from 'node:net';
import type { AccessReader, GivenAccess } from '../core/clusters/ports.ts';
import type { ClusterAccess } from '../core/clusters/rules/cluster.ts';
import { serverAddress } from '../core/clusters/rules/server-address.ts';
import { ruleViolated } from '../core/kernel/rules/problem.ts';
import { type AddressOptions, type AddressRules, addressRules } from './http/denied-addresses.ts';
import type { KubeconfigRules } from './kubeconfig.ts';
import { kubeconfigReading } from './kubeconfig-reading.ts';
import { certificatesIn } from './pem.ts';

export interface OpenAccessReader {
  readonly readAccess: AccessReader;
  close(): Promise<void>;
}

export function accessReader(options: KubeconfigRules & AddressOptions): OpenAccessReader {
  const kubeconfigs = kubeconfigReading(options);
  const rules = addressRules(options);
  return {
    async readAccess(given, { organizationId, known }) {
      const access =
        'kubeconfig' in given ? await kubeconfigs.read(organizationId, given.kubeconfig) : accessOfParts(given);
      // New credentials for a server that is registered already: it goes on as before.
      const { deniesLocalAddresses = false } = isAt(known, access) ? known : { deniesLocalAddresses: true };
      refuseAddress(access.server, deniesLocalAddresses, rules, 'kubeconfig' in given ? '/kubeconfig' : '/server');
      return deniesLocalAddresses ? { ...access, deniesLocalAddresses } : access;
    },
    close: kubeconfigs.close,
  };
}

function isAt(known: ClusterAccess | undefined, { server }: ClusterAccess): known is ClusterAccess {
  const address = serverAddress(known?.server ?? '');
  return 'server' in address && address.server === server;
}

function accessOfParts({ server, ca, token }: Extract<GivenAccess, { server: string }>): ClusterAccess {
  const address = serverAddress(server);
  if ('wrong' in address) throw ruleViolated('/server', address.wrong);
  const certificates = certificatesIn(ca);
  if ('wrong' in certificates) throw ruleViolated('/ca', `${certificates.wrong}.`);
  return { server: address.server, ca: certificates.pem, token };
}

function refuseAddress(server: string, deniesLocal: boolean, { verdict }: AddressRules, pointer: string): void {
  const { hostname, port } = new URL(server);
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const address = /(^|\.)localhost$/.test(host) ? '127.0.0.1' : host;
  if (isIP(address) === 0) return;
  const found = verdict(address, Number(port || 443));
  if (found === 'Never' || (found === 'Local' && deniesLocal))
    throw ruleViolated(
      pointer,
      "The server has an address that clusters may not have: loopback, link-local, metadata, multicast, the service's own, or denied by this installation. The operator of the service can allow ranges (ALLOWED_CLUSTER_ADDRESSES).",
    );
}
