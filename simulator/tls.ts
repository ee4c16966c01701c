// A certificate authority of its own and a server certificate, written by hand with node:crypto so that the simulator
// needs no library and no openssl. Making them costs some milliseconds, so a thousand clusters in one process share
// one: `startCluster({ tls })`.

import type { KeyObject } from 'node:crypto';
import { createHash, generateKeyPair, randomBytes, sign } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';
import { promisify } from 'node:util';
import { bits, boolean, implicit, integer, octets, oid, sequence, set, time, utf8, wrapped } from './der.ts';

export interface ServerTls {
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

const DAY_MS = 86_400_000;
const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const CA_NAME = 'simulated-cluster-ca';

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));

const basicConstraints = (ca: boolean): Buffer =>
  extension('2.5.29.19', true, sequence(...(ca ? [boolean(true)] : [])));
const keyUsage = (mask: number, unused: number): Buffer =>
  extension('2.5.29.15', true, bits(Buffer.from([mask]), unused));
const serverAuth = (): Buffer => extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1')));
const keyId = (key: KeyObject): Buffer =>
  createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
const subjectKey = (key: KeyObject): Buffer => extension('2.5.29.14', false, octets(keyId(key)));
const authorityKey = (key: KeyObject): Buffer => extension('2.5.29.35', false, sequence(implicit(0, keyId(key))));

function addressBytes(host: string): Buffer {
  if (!isIPv6(host)) return Buffer.from(host.split('.').map(Number));
  const [head = '', tail = ''] = host.split('::');
  const words = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const zeros = 8 - words(head).length - words(tail).length;
  const all = [...words(head), ...Array.from({ length: zeros }, () => '0'), ...words(tail)];
  return Buffer.from(all.map((word) => word.padStart(4, '0')).join(''), 'hex');
}

const alternativeNames = (hosts: readonly string[]): Buffer => {
  const names = hosts.map((host) =>
    isIP(host) === 0 ? implicit(2, Buffer.from(host)) : implicit(7, addressBytes(host)),
  );
  return extension('2.5.29.17', false, sequence(...names));
};

const named = (commonName: string): Buffer => sequence(set(sequence(oid('2.5.4.3'), utf8(commonName))));

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`;

function certificate(
  issuer: string,
  subject: string,
  key: KeyObject,
  signer: KeyObject,
  extensions: readonly Buffer[],
): string {
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(8)]);
  const body = sequence(
    wrapped(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    named(issuer),
    sequence(time(new Date(Date.now() - DAY_MS)), time(new Date(Date.now() + 365 * DAY_MS))),
    named(subject),
    key.export({ type: 'spki', format: 'der' }),
    wrapped(3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, { key: signer, dsaEncoding: 'der' });
  return pem('CERTIFICATE', sequence(body, ECDSA_SHA256, bits(signature)));
}

const newKey = (): Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }> =>
  promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });

/** `hosts` are names and addresses that the certificate is good for; loopback by default. */
export async function makeTls(hosts: readonly string[] = ['127.0.0.1', '::1', 'localhost']): Promise<ServerTls> {
  const [authority, server] = await Promise.all([newKey(), newKey()]);
  // keyCertSign and cRLSign for the authority, digitalSignature for the server.
  const caExtensions = [basicConstraints(true), keyUsage(0b0000_0110, 1), subjectKey(authority.publicKey)];
  const serverExtensions = [
    basicConstraints(false),
    keyUsage(0b1000_0000, 7),
    serverAuth(),
    alternativeNames(hosts),
    authorityKey(authority.publicKey),
  ];
  return {
    caPem: certificate(CA_NAME, CA_NAME, authority.publicKey, authority.privateKey, caExtensions),
    certPem: certificate(CA_NAME, 'kube-apiserver', server.publicKey, authority.privateKey, serverExtensions),
    keyPem: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
