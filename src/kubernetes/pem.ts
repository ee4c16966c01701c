/**
 * Certificates and keys that are given for a cluster: PEM that OpenSSL can read, in a kubeconfig as base64. Errors never
 * repeat the data.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';

export type Decoded = { readonly pem: string } | { readonly wrong: string };

const maxCertificateCount = 50;

export function certificatesOf(base64: string): Decoded {
  const text = textOf(base64);
  return text === undefined ? { wrong: 'is not base64' } : certificatesIn(text);
}

/** The certificates of a PEM text; everything between them is left out. */
export function certificatesIn(text: string): Decoded {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) return { wrong: 'must hold PEM certificates (-----BEGIN CERTIFICATE-----)' };
  if (blocks.length > maxCertificateCount) return { wrong: `must hold at most ${maxCertificateCount} certificates` };
  return blocks.every(isCertificate)
    ? { pem: `${blocks.join('\n')}\n` }
    : { wrong: 'holds a certificate that cannot be read' };
}

export function privateKeyOf(base64: string): Decoded {
  const text = textOf(base64);
  if (text === undefined) return { wrong: 'is not base64' };
  const [block] = text.match(/-----BEGIN ((?:[A-Z]+ )?PRIVATE KEY)-----[A-Za-z0-9+/=\s]+-----END \1-----/) ?? [];
  if (block === undefined) return { wrong: 'must hold one unencrypted PEM private key (-----BEGIN PRIVATE KEY-----)' };
  try {
    createPrivateKey(block);
    return { pem: `${block}\n` };
  } catch {
    return { wrong: 'holds a private key that cannot be read; it must not be encrypted' };
  }
}

/** Whether the key belongs to the first certificate. */
export function belongTogether(certificates: string, privateKey: string): boolean {
  return new X509Certificate(certificates).checkPrivateKey(createPrivateKey(privateKey));
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).subject !== undefined;
  } catch {
    return false;
  }
}

function textOf(base64: string): string | undefined {
  const compact = base64.replace(/\s+/g, '');
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact) && compact !== ''
    ? Buffer.from(compact, 'base64').toString('latin1')
    : undefined;
}
