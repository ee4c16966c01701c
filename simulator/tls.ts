// A certificate authority of its own and the certificates it signs. Making them costs some milliseconds, so clusters in
// one process may share one: `startCluster({ tls })`.

import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

export interface Certificate {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface ServerTls extends Certificate {
  readonly caPem: string;
  /** Another certificate of the same authority; one that has expired, if asked for. */
  issue(hosts: readonly string[], expired?: boolean): Promise<Certificate>;
}

const DAY_MS = 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const AUTHORITY = 'CN=simulated-cluster-ca';

x509.cryptoProvider.set(webcrypto);

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
const daysFromNow = (days: number): Date => new Date(Date.now() + days * DAY_MS);

/** `hosts` are names and addresses that the certificate is good for; loopback by default. */
export async function makeTls(hosts: readonly string[] = ['127.0.0.1', '::1', 'localhost']): Promise<ServerTls> {
  const authority = await newKeys();
  const identifier = await x509.SubjectKeyIdentifierExtension.create(authority.publicKey);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: AUTHORITY,
    keys: authority,
    signingAlgorithm: ALGORITHM,
    notBefore: daysFromNow(-1),
    notAfter: daysFromNow(365),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      identifier,
    ],
  });
  const issue = async (names: readonly string[], expired = false): Promise<Certificate> => {
    const keys = await newKeys();
    const alternatives = names.map((name) => new x509.GeneralName(isIP(name) === 0 ? 'dns' : 'ip', name));
    const certificate = await x509.X509CertificateGenerator.create({
      issuer: AUTHORITY,
      subject: 'CN=kube-apiserver',
      publicKey: keys.publicKey,
      signingKey: authority.privateKey,
      signingAlgorithm: ALGORITHM,
      notBefore: daysFromNow(expired ? -30 : -1),
      notAfter: daysFromNow(expired ? -1 : 365),
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(alternatives),
        await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      ],
    });
    const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    return { certPem: `${certificate.toString('pem')}\n`, keyPem: x509.PemConverter.encode(key, 'PRIVATE KEY') };
  };
  return { caPem: `${ca.toString('pem')}\n`, ...(await issue(hosts)), issue };
}
