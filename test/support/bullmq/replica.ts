/** A replica for tests that end one. It prints what it does, one line each. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type QueueConnection, startQueues } from '../../../src/bullmq/queues.ts';

export interface ReplicaJob {
  readonly connection: QueueConnection;
  readonly prefix: string;
  /** `hold` takes a delivery and never ends it; `leave` closes after a while and must then exit by itself. */
  readonly act: 'hold' | 'leave';
  readonly leaveAfterMs?: number;
}

const { connection, prefix, act, leaveAfterMs = 0 }: ReplicaJob = JSON.parse(process.argv[2] ?? '{}');
const say = (_: object, message: string) => console.log(message);
const quiet = () => {};
const queues = await startQueues({
  connection,
  prefix,
  log: { info: say, warn: say, error: say, debug: quiet },
  onTick: async () => console.log('ticked'),
  onDeliver: async (clusterId) => {
    console.log(`took ${clusterId}`);
    if (act === 'hold') await new Promise(() => {});
  },
  dueClusters: async () => [],
});
console.log('started');
if (act === 'leave') {
  await sleep(leaveAfterMs);
  await queues.close(1_000);
  console.log('closed');
}
