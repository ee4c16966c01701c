/**
 * Seals secrets with AES-256-GCM under the service's key. A sealed secret is bound to its place (the additional data),
 * so it does not open when it is copied to another row.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;
export const keyVersion = 1;

export interface Sealer {
  seal(plain: string, place: string): Uint8Array<ArrayBuffer>;
  /** Throws when the key or the place is not the one it was sealed with, or when a byte has changed. */
  open(sealed: Uint8Array, place: string): string;
}

export function sealer(key: Buffer): Sealer {
  if (key.length !== 32) throw new Error('The secrets key must have 32 bytes.');
  return {
    seal(plain, place) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(`v${keyVersion}|${place}`));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return new Uint8Array(Buffer.concat([nonce, cipher.getAuthTag(), body]));
    },
    open(sealed, place) {
      const bytes = Buffer.from(sealed);
      const nonce = bytes.subarray(0, nonceBytes);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
      decipher
        .setAAD(Buffer.from(`v${keyVersion}|${place}`))
        .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8');
    },
  };
}
