/**
 * What runs the embedded PostgreSQL: which account, with which binaries, on a folder that it can enter.
 *
 * PostgreSQL refuses to run as root. For an ordinary user there is nothing to decide. For root an unprivileged account
 * runs it, and whether that account can reach the binaries is found out by trying: permissions of parent folders, mount
 * options and access lists are too many to reason about. If it cannot, it gets a copy of them.
 */
import { join } from 'node:path';
import { findAccount } from './account.ts';
import { findBinaries, mustRun, reachableBinaries } from './binaries.ts';
import type { Account } from './command.ts';
import { reachablePlace } from './data-place.ts';

/** Everything needed to run commands on one database folder. */
export interface Home {
  /** The account that runs PostgreSQL; undefined for the one that runs this process. */
  readonly account: Account | undefined;
  /** The folder of initdb, pg_ctl and postgres. */
  readonly bin: string;
  /** The folder that holds `data`; the account can enter it. */
  readonly place: string;
}

export async function prepareHome(folder: string, log: (line: string) => void): Promise<Home> {
  const { native, version } = await findBinaries();
  const account = process.getuid?.() === 0 ? await findAccount(folder) : undefined;
  await mustRun(join(native, 'bin'));
  if (account === undefined) return { account, bin: join(native, 'bin'), place: folder };

  const bin = await reachableBinaries(native, version, account, log);
  const place = await reachablePlace(folder, account, log);
  return { account, bin, place };
}
