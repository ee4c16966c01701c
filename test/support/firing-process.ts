/**
 * A scheduler process for tests that race and kill: opens the database, says `ready`, and after a line on its standard
 * input fires again and again, until nothing is due (`once`) or for ever (`loop`).
 */

import { fire } from '../../src/core/scheduling/fire.ts';
import { openStore } from '../../src/postgres/store.ts';

const [url = '', mode = 'once'] = process.argv.slice(2);
const quiet = { info() {}, warn() {}, error() {}, debug() {} };
const opened = await openStore({ url, secretsKey: Buffer.alloc(32, 1), log: quiet, connectionCounts: { request: 2 } });
process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
do {
  await fire({ ...opened, doorbell: { ring() {} }, log: quiet });
} while (mode === 'loop');
await opened.close();
process.exit(0);
