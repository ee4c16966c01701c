/**
 * Opens the TLS connection to an API server, from explicit fields only, and asks for HTTP/2. The address is checked at
 * the moment of connecting, and the connection goes to the address that was checked: a name that resolves to another
 * address a moment later cannot lead elsewhere. If any address of a name is denied, the name is not used at all.
 */
import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { TLSSocket } from 'node:tls';
import { buildConnector } from 'undici';
import type { ClusterAccess } from '../../core/clusters/rules/cluster.ts';
import type { Timings } from '../timings.ts';
import type { AddressRules } from './denied-addresses.ts';
import { neverSent, UnreachableError } from './unreachable.ts';

export interface Resolved {
  readonly address: string;
  readonly family: number;
}
/** All addresses of a name; rejects as dns.lookup does. */
export type Resolve = (hostname: string) => Promise<readonly Resolved[]>;

const tcpKeepAliveSeconds = 30;

export interface ConnectRules {
  readonly addresses: AddressRules;
  readonly resolve: Resolve;
  readonly timings: Timings;
  /** When false, every certificate is verified, whatever the access says. */
  readonly allowInsecureTls: boolean;
}

export interface ConnectEvents {
  readonly opened: (socket: TLSSocket) => void;
  /** The address to be connected to is one that new registrations may not have. `undefined`: it is not. */
  readonly local: (address: string | undefined) => void;
}

export function tlsConnector(
  access: ClusterAccess,
  { addresses, resolve, timings, allowInsecureTls }: ConnectRules,
  { opened, local }: ConnectEvents,
): buildConnector.connector {
  const port = Number(URL.parse(access.server)?.port || 443);
  /** The first of the addresses that is denied. */
  const deniedOf = (found: readonly string[]): string | undefined => {
    const verdicts = found.map((address) => ({ address, verdict: addresses.verdict(address, port) }));
    const first = (wanted: string) => verdicts.find(({ verdict }) => verdict === wanted)?.address;
    const localAddress = first('Local');
    if (access.deniesLocalAddresses !== true) local(localAddress);
    return first('Never') ?? (access.deniesLocalAddresses === true ? localAddress : undefined);
  };
  const connect = buildConnector({
    allowH2: true,
    preferH2: true,
    rejectUnauthorized: !(allowInsecureTls && access.insecureSkipTlsVerify === true),
    minVersion: 'TLSv1.2',
    timeout: timings.connectSeconds * 1000,
    keepAlive: true,
    keepAliveInitialDelay: tcpKeepAliveSeconds * 1000,
    autoSelectFamily: true,
    lookup: checkedLookup(deniedOf, resolve),
    ...(access.ca !== undefined && { ca: access.ca }),
    ...(access.tlsServerName !== undefined && { servername: access.tlsServerName }),
    ...(access.clientCertificate !== undefined && { cert: access.clientCertificate }),
    ...(access.clientKey !== undefined && { key: access.clientKey }),
  });
  return (options, callback) => {
    const address = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(address) !== 0 && deniedOf([address]) !== undefined) {
      callback(deniedError(address), null);
      return;
    }
    try {
      connect({ ...options, hostname: address }, (...connected) => {
        const [error, socket] = connected;
        if (error !== null) neverSent.add(error);
        if (socket instanceof TLSSocket) opened(socket);
        callback(...connected);
      });
    } catch {
      callback(new UnreachableError('the certificates or the key given for the cluster cannot be used'), null);
    }
  };
}

function checkedLookup(deniedOf: (found: readonly string[]) => string | undefined, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (found) => {
        const bad = deniedOf(found.map(({ address }) => address));
        const wanted = found.filter(
          ({ family }) => !options.family || options.family === family || `IPv${family}` === options.family,
        );
        const [first] = wanted;
        if (bad !== undefined) callback(deniedError(bad, hostname), '', 0);
        else if (first === undefined) callback(new UnreachableError(`${hostname} has no address`), '', 0);
        else if (options.all === true) callback(null, [...wanted]);
        else callback(null, first.address, first.family);
      },
      (error: unknown) =>
        callback(error instanceof Error ? error : new UnreachableError(`${hostname} cannot be resolved`), '', 0),
    );
  };
}

function deniedError(address: string, hostname?: string): UnreachableError {
  const leads = hostname === undefined ? address : `${hostname} resolves to ${address}, which`;
  return new UnreachableError(
    `${leads} is an address that clusters may not have (loopback, link-local, metadata, multicast, the service's own, or denied by this installation)`,
  );
}

export const resolveBySystem: Resolve = (hostname) =>
  new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true }, (error, addresses) => (error === null ? resolve(addresses) : reject(error)));
  });
