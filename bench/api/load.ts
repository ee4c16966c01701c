/** Requests against one address: as many as it takes in a time, or as many a second as are asked for. */
import { Pool } from 'undici';
import { quantile } from '../repeat.ts';

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const connections = 32;

export interface Loader {
  /** Answers a second, with every connection busy for `seconds`. */
  rate(ask: () => Ask, seconds: number): Promise<number>;
  /** The p99 in milliseconds at `perSecond`, from the moment at which each was to be sent. */
  p99(ask: () => Ask, perSecond: number, seconds: number): Promise<number>;
  close(): Promise<void>;
}

export function loaderOf(url: string): Loader {
  const pool = new Pool(url, { connections, pipelining: 1, headersTimeout: 60_000, bodyTimeout: 60_000 });
  const send = async ({ method, path, body, headers = {} }: Ask) => {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await pool.request({ method, path, headers: { ...type, ...headers }, ...json });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path} was answered with ${answer.statusCode}: ${text}`);
  };
  return {
    async rate(ask, seconds) {
      const begin = performance.now();
      const end = begin + seconds * 1000;
      let count = 0;
      const loop = async () => {
        while (performance.now() < end) {
          await send(ask());
          count += 1;
        }
      };
      await Promise.all(Array.from({ length: connections }, loop));
      return count / ((performance.now() - begin) / 1000);
    },
    async p99(ask, perSecond, seconds) {
      const taken: number[] = [];
      const begin = performance.now();
      const sent: Promise<void>[] = [];
      for (let n = 0; n < perSecond * seconds; n += 1) {
        const due = begin + (n * 1000) / perSecond;
        const early = due - performance.now();
        if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
        sent.push(send(ask()).then(() => void taken.push(performance.now() - due)));
      }
      await Promise.all(sent);
      return quantile(
        taken.toSorted((a, b) => a - b),
        0.99,
      );
    },
    close: () => pool.close(),
  };
}
