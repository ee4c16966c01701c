/**
 * The service of a version at work on a database, from an instant of the database's clock on. It runs in a process of
 * its own, as users run it. The process has the same time as the database.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseClock } from '../../test/support/database-clock.ts';
import { adminKey, secretsKey } from '../../test/support/service.ts';
import { until } from '../../test/support/until.ts';
import type { Checkout } from './checkout.ts';

const shiftedClock = new URL('../../test/support/shifted-clock.ts', import.meta.url).href;

export interface Version {
  /** The same in each run. */
  readonly url: string;
  /** The service runs while `work` does. Its clock starts at the instant; `stopped`: and stays there. */
  run(
    at: string,
    work: () => Promise<void>,
    options?: { readonly stopped?: boolean; readonly roles?: string },
  ): Promise<void>;
}

export function versionAt(options: {
  readonly checkout: Checkout;
  readonly databaseUrl: string;
  readonly clock: DatabaseClock;
  readonly port: number;
  readonly logFile: string;
}): Version {
  const { databaseUrl, clock, port, logFile } = options;
  const { folder, node } = options.checkout;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    async run(at, work, { stopped = false, roles } = {}) {
      const aheadMs = await clock.runFrom(at);
      if (stopped) await clock.stopAt(at);
      const child = spawn(node, ['--import', shiftedClock, join(folder, 'src', 'main.ts')], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: process.env.PATH,
          TMPDIR: process.env.TMPDIR,
          CLOCK_SHIFT_MS: String(aheadMs),
          DATABASE_URL: databaseUrl,
          PORT: String(port),
          ADMIN_API_KEY: adminKey,
          SECRETS_KEY: secretsKey,
          TRUST_DATABASE_CLOCK: 'true',
          ALLOWED_CLUSTER_ADDRESSES: '127.0.0.0/8,::1/128',
          METRICS_PORT: '0',
          ...(roles !== undefined && { ROLES: roles }),
        },
      });
      const log = createWriteStream(logFile, { flags: 'a' });
      for (const stream of [child.stdout, child.stderr]) stream.pipe(log, { end: false });
      const ended = once(child, 'exit');
      try {
        await until('the service', 60, async () => {
          if (child.exitCode !== null) throw new Error(`The service ended with ${child.exitCode}: see ${logFile}`);
          return fetch(`${url}/readyz`).then(
            ({ ok }) => ok,
            () => false,
          );
        });
        await work();
      } finally {
        child.kill('SIGTERM');
        await ended;
        log.end();
      }
    },
  };
}
