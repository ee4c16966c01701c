/** Our burst: one activation of the scheduler with the real store, as a tick calls it. */
import { fire } from '../src/core/scheduling/fire.ts';
import { openStore } from '../src/postgres/store.ts';
import { secondsOf } from './repeat.ts';
import type { Stage } from './stage.ts';

const quiet = { info() {}, warn() {}, error() {}, debug() {} };

export async function ours(stage: Stage) {
  const opened = await openStore({ url: stage.url, secretsKey: Buffer.alloc(32, 1), log: quiet });
  return {
    async burst(): Promise<number> {
      await stage.reset();
      const seconds = await secondsOf(() => fire({ ...opened, doorbell: { ring() {} }, log: quiet }));
      await stage.check();
      return seconds;
    },
    close: opened.close,
  };
}
