/**
 * The addresses that are never connected to, whatever name led there: link-local addresses and the metadata services of
 * clouds (they hand out the host's own credentials), the unspecified address, multicast and broadcast. An IPv6 form
 * that carries an IPv4 address (mapped, compatible, 6to4, NAT64) counts as that address. An installation names its own
 * infrastructure as further networks to deny.
 *
 * Loopback and the service's own PostgreSQL and Redis are local: behind them are servers that trust their network. New
 * registrations may not lead there unless an installation allows it. Private ranges are allowed: clusters live there.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';

const deniedV4 = [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.192', 32],
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['224.0.0.0', 4],
  ['255.255.255.255', 32],
] as const;

const deniedV6 = [
  ['::', 128],
  ['fe80::', 10],
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
  ['ff00::', 8],
] as const;

export type Verdict =
  | 'Allowed'
  /** Loopback, or a server of our own: denied to clusters that are registered now. */
  | 'Local'
  | 'Never';

export interface AddressRules {
  /** Anything that is no IP address is `Never`. The verdict on loopback is the same for each port. */
  verdict(address: string, port: number): Verdict;
}

export interface AddressOptions {
  /** CIDR ranges that clusters may never be in, beside link-local, metadata and multicast addresses. */
  readonly deniedNetworks?: readonly string[];
  /** CIDR ranges that clusters may be in although they are local. */
  readonly allowedClusterAddresses?: readonly string[];
  /** Where the service's own servers are. Denied with all ports; in an allowed range with their own port. */
  readonly ownServers?: () => readonly OwnServer[];
}

export interface OwnServer {
  readonly address: string;
  readonly port: number;
}

export function addressRules(options: AddressOptions): AddressRules {
  const { deniedNetworks = [], allowedClusterAddresses = [], ownServers = () => [] } = options;
  const never = new BlockList();
  for (const [address, prefix] of deniedV4) denyV4(never, address, prefix);
  for (const [address, prefix] of deniedV6) never.addSubnet(address, prefix, 'ipv6');
  for (const network of deniedNetworks) denyNetwork(never, network);
  const loopback = listOf(['127.0.0.0/8', '::1/128']);
  const allowed = listOf(allowedClusterAddresses);

  return {
    verdict(address, port) {
      const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
      const family = isIP(bare);
      const isIn = (list: BlockList) => list.check(bare, family === 4 ? 'ipv4' : 'ipv6');
      if (family === 0 || isIn(never)) return 'Never';
      const own = ownServers().filter((server) => isIn(listOf([server.address])));
      if (own.some((server) => server.port === port)) return 'Local';
      if (isIn(allowed)) return 'Allowed';
      return own.length > 0 || isIn(loopback) ? 'Local' : 'Allowed';
    },
  };
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) denyNetwork(list, network);
  return list;
}

function denyNetwork(denied: BlockList, network: string): void {
  const [address = '', prefix = isIPv4(address) ? '32' : '128'] = network.split('/');
  if (isIPv4(address)) denyV4(denied, address, Number(prefix));
  else denied.addSubnet(address, Number(prefix), 'ipv6');
}

/** BlockList itself takes the mapped form (::ffff:a.b.c.d) for the IPv4 address; the other three are added here. */
function denyV4(denied: BlockList, address: string, prefix: number): void {
  denied.addSubnet(address, prefix, 'ipv4');
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const high = ((a << 8) | b).toString(16);
  const low = ((c << 8) | d).toString(16);
  denied.addSubnet(`64:ff9b::${high}:${low}`, 96 + prefix, 'ipv6');
  denied.addSubnet(`2002:${high}:${low}::`, 16 + prefix, 'ipv6');
  if (address !== '0.0.0.0') denied.addSubnet(`::${high}:${low}`, 96 + prefix, 'ipv6');
}
