/** Certificate authorities and certificates, made for a test. */
import { webcrypto } from 'node:crypto';

// A dependency of x509 looks for the reflect-metadata polyfill when it is loaded; nothing that is used here needs it.
if (!('getMetadata' in Reflect))
  Object.assign(Reflect, {
    getMetadata: () => undefined,
    getOwnMetadata: () => undefined,
    defineMetadata: () => undefined,
  });
const x509 = await import('@peculiar/x509');

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface Pair {
  readonly certificate: string;
  readonly key: string;
}
interface Signed extends Pair {
  readonly keys: webcrypto.CryptoKeyPair;
  readonly name: string;
}

async function keyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return `-----BEGIN PRIVATE KEY-----\n${Buffer.from(pkcs8).toString('base64')}\n-----END PRIVATE KEY-----\n`;
}

export async function newAuthority(name = 'CN=Test CA'): Promise<Signed> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: '01',
      name,
      keys,
      signingAlgorithm: algorithm,
      notBefore: daysFromNow(-1),
      notAfter: daysFromNow(1),
      extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
    },
    webcrypto,
  );
  return { certificate: certificate.toString('pem'), key: await keyPem(keys), keys, name };
}

export async function newCertificate(authority: Signed, from = -1, until = 1): Promise<Pair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: '02',
      subject: 'CN=localhost',
      issuer: authority.name,
      publicKey: keys.publicKey,
      signingKey: authority.keys.privateKey,
      signingAlgorithm: algorithm,
      notBefore: daysFromNow(from),
      notAfter: daysFromNow(until),
      extensions: [
        new x509.SubjectAlternativeNameExtension([
          { type: 'dns', value: 'localhost' },
          { type: 'ip', value: '127.0.0.1' },
        ]),
      ],
    },
    webcrypto,
  );
  return { certificate: certificate.toString('pem'), key: await keyPem(keys) };
}

function daysFromNow(days: number): Date {
  return new Date(Date.now() + days * 86_400_000);
}
