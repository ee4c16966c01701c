/** One driver for all background work: what hangs or fails ends nothing, is named, and shows as not succeeding. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { keptLog } from '../../test/support/log.ts';
import { until, within } from '../../test/support/until.ts';
import type { Task, TaskRole, TaskStanding } from '../core/kernel/task.ts';
import { startsOf, startTasks } from './driver.ts';

type TestTask = Task<{ readonly log: ReturnType<typeof keptLog>['log'] }>;
type Run = () => Promise<number>;

const quick = { role: 'scheduler', everySeconds: 0.005, timeoutSeconds: 5 } as const;
const hang: Run = () => new Promise(() => undefined);

/** Drives these tasks, and keeps what the driver logs, measures and reports. */
function drive(
  tasks: readonly (Pick<TestTask, 'name' | 'run'> & Partial<TestTask>)[],
  options: { readonly roles?: readonly TaskRole[]; readonly report?: () => Promise<void> } = {},
) {
  const { log, text } = keptLog();
  const ran: { task: string; seconds: number; succeeded: boolean }[] = [];
  const progress: string[] = [];
  const reported: (readonly TaskStanding[])[] = [];
  const driver = startTasks({
    tasks: tasks.map((task) => ({ ...quick, ...task })),
    roles: options.roles ?? ['scheduler'],
    context: { log },
    record: {
      async report(standings) {
        reported.push(standings);
        await options.report?.();
      },
    },
    metrics: {
      began: () => undefined,
      ran: (task, seconds, succeeded) => void ran.push({ task, seconds, succeeded }),
    },
    progress: {
      began: (task) => void progress.push(`${task} began`),
      ended: (task, succeeded) => void progress.push(`${task} ${succeeded ? 'succeeded' : 'failed'}`),
    },
    chance: () => 0,
    reportEverySeconds: 0.02,
  });
  return {
    driver,
    ran: (task: string) => ran.filter((each) => each.task === task),
    reported,
    progress: (task: string) => progress.filter((line) => line.startsWith(task)),
    lines: (message: string) =>
      text()
        .split('\n')
        .filter((line) => line.includes(message))
        .map((line) => JSON.parse(line)),
  };
}

describe('the driver of background work', () => {
  test('runs the tasks of its roles again and again, and no other', async () => {
    const started: string[] = [];
    const run = (name: string) => async () => started.push(name);
    const { driver, ran } = drive([
      { name: 'ours', run: run('ours') },
      { name: 'theirs', role: 'connector', run: run('theirs') },
    ]);
    await until('three rounds', 5, () => ran('ours').length >= 3);
    await driver.stop(5);
    assert.ok(ran('ours').every(({ succeeded }) => succeeded));
    assert.ok(!started.includes('theirs'));
    const { length } = started;
    const beside = drive([{ name: 'beside', run: async () => 0 }]);
    await until('five rounds of another driver', 5, () => beside.ran('beside').length >= 5);
    await beside.driver.stop(5);
    assert.equal(started.length, length, 'it is stopped');
  });

  test('every line names its task: those of the driver, and those that a round writes', async () => {
    const { driver, lines } = drive([
      {
        name: 'talks',
        run: async ({ log }) => {
          log.info({ of: 'a round' }, 'said by a round');
          return 3;
        },
      },
      { name: 'fails', run: () => Promise.reject(new Error('out of order')) },
    ]);
    await until('both', 5, () => lines('a round is done').length > 0 && lines('a round failed').length > 0);
    await driver.stop(5);
    assert.deepEqual([lines('said by a round')[0].task, lines('said by a round')[0].of], ['talks', 'a round']);
    assert.deepEqual([lines('a round is done')[0].task, lines('a round is done')[0].count], ['talks', 3]);
    assert.equal(lines('a round failed')[0].task, 'fails');
  });

  test('a failure ends nothing, is counted each time, and is logged once as long as it is the same', async () => {
    const failures = ['one', 'one', 'one', 'two', 'two', undefined, 'two'];
    const { driver, ran, lines } = drive([
      {
        name: 'fails',
        run: async () => {
          const reason = failures.shift();
          if (reason !== undefined) throw new Error(reason);
          return 0;
        },
      },
    ]);
    await until('all of them', 5, () => ran('fails').length >= 9);
    await driver.stop(5);
    assert.deepEqual(
      ran('fails')
        .slice(0, 9)
        .map(({ succeeded }) => succeeded),
      [false, false, false, false, false, true, false, true, true],
    );
    assert.deepEqual(
      lines('a round failed').map(({ err }) => err.message),
      ['one', 'two', 'two'],
    );
    assert.equal(lines('rounds succeed again').length, 2);
  });

  test('what throws before it waits for anything ends nothing', async () => {
    const { driver, ran } = drive([
      {
        name: 'throws',
        run: () => {
          throw new Error('at once');
        },
      },
    ]);
    await until('a second round', 5, () => ran('throws').length >= 2);
    await driver.stop(5);
  });

  test('a round that is slow has failed after its time, no other runs beside it, and its late end is no success', async () => {
    let running = 0;
    let most = 0;
    let rounds = 0;
    const { driver, ran, reported, lines } = drive([
      {
        name: 'slow',
        timeoutSeconds: 0.1,
        run: async () => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setTimeout(resolve, 160));
          running -= 1;
          rounds += 1;
          return 1;
        },
      },
    ]);
    await until('three slow rounds', 10, () => rounds >= 3);
    const seen = ran('slow').slice(0, 3);
    const standings = reported.map(([standing]) => standing?.succeededSecondsAgo);
    await driver.stop(5);
    assert.equal(most, 1);
    assert.deepEqual(
      seen.map(({ succeeded }) => succeeded),
      [false, false, false],
    );
    assert.ok(seen.every(({ seconds }) => seconds >= 0.09));
    assert.ok(standings.length > 2 && standings.every((ago) => ago === undefined));
    assert.equal(lines('a round failed').length, 1);
    assert.match(lines('a round failed')[0].err.message, /not done after 0.1 s/);
    assert.deepEqual(lines('given up'), []);
  });

  test('a round that hangs for ever is given up after three times its time, and the task goes on', async () => {
    const beganAt: number[] = [];
    const { driver, ran, lines } = drive([
      {
        name: 'hangs',
        timeoutSeconds: 0.05,
        run: () => {
          beganAt.push(performance.now());
          return beganAt.length <= 3 ? hang() : Promise.resolve(0);
        },
      },
    ]);
    await until('a round that succeeds', 10, () => ran('hangs').some(({ succeeded }) => succeeded));
    await driver.stop(5);
    assert.deepEqual(
      ran('hangs')
        .slice(0, 4)
        .map(({ succeeded }) => succeeded),
      [false, false, false, true],
    );
    const [first = 0, second = 0] = beganAt;
    assert.ok(second - first >= 145, `${second - first} ms`);
    assert.deepEqual(
      lines('given up').map(({ task }) => task),
      ['hangs'],
    );
  });

  test('a round that hangs has not ended, so liveness can tell it from one that fails', async () => {
    const { driver, ran, progress } = drive([
      { name: 'hangs', timeoutSeconds: 0.02, run: hang },
      { name: 'fails', run: () => Promise.reject(new Error('out of order')) },
    ]);
    await until('both', 5, () => ran('hangs').length >= 2 && ran('fails').length >= 2);
    await driver.stop(0.01);
    assert.deepEqual(progress('hangs'), ['hangs began']);
    assert.deepEqual(progress('fails').slice(0, 3), ['fails began', 'fails failed', 'fails failed']);
  });

  test('a task that hangs holds up no other', async () => {
    const { driver, ran } = drive([
      { name: 'hangs', run: hang },
      { name: 'works', run: async () => 0 },
    ]);
    await until('five rounds', 5, () => ran('works').length >= 5);
    await driver.stop(0.01);
  });

  test('closing waits for the round under way, but no longer than its bound', async () => {
    let done = false;
    const short = drive([
      {
        name: 'short',
        run: async () => {
          await new Promise((resolve) => setTimeout(resolve, 100));
          done = true;
          return 0;
        },
      },
    ]);
    await short.driver.stop(5);
    assert.ok(done);

    const long = drive([{ name: 'hangs', timeoutSeconds: 60, run: hang }]);
    const began = performance.now();
    await within('the end', 2, long.driver.stop(0.2));
    assert.ok(performance.now() - began >= 190);
    assert.deepEqual(long.lines('stopped before')[0].tasks, ['hangs']);
  });

  test('every process reports all tasks, which of them it runs, and how long ago each succeeded', async () => {
    const { driver, reported } = drive([
      { name: 'ours', everySeconds: 0.2, run: async () => 0 },
      { name: 'theirs', role: 'connector', everySeconds: 7, run: async () => 0 },
    ]);
    const agos = () => reported.map(([ours]) => ours?.succeededSecondsAgo ?? 0);
    await until('a success of a while ago', 5, () => agos().some((ago) => ago > 0.1));
    await until('a second success', 5, () => (agos().at(-1) ?? 1) < 0.1);
    await driver.stop(5);
    assert.ok(reported.every(([, theirs]) => theirs?.succeededSecondsAgo === undefined));
    assert.deepEqual(
      reported[0]?.map(({ name, role, runsHere }) => [name, role, runsHere]),
      [
        ['ours', 'scheduler', true],
        ['theirs', 'connector', false],
      ],
    );
    assert.equal(reported[0]?.[1]?.everySeconds, 7);
  });

  test('a record that is away stops no task, and is itself named when it fails', async () => {
    const { driver, ran, lines } = drive([{ name: 'works', run: async () => 0 }], {
      report: () => Promise.reject(new Error('the database is away')),
    });
    await until('five rounds', 5, () => ran('works').length >= 5);
    await driver.stop(5);
    assert.ok(ran('works').every(({ succeeded }) => succeeded));
    assert.deepEqual(
      lines('a round failed').map(({ task }) => task),
      ['report-tasks'],
    );
  });
});

describe('the start of tasks', () => {
  const periods = [0.25, 1, 2, 5, 30, 3600].map((everySeconds) => ({ everySeconds }));

  test('those of a second or less begin at once, the others at moments of their own within five seconds', () => {
    for (const chance of [0, 0.5, 0.999]) {
      const starts = startsOf(periods, () => chance).map(([, seconds]) => seconds);
      assert.deepEqual(starts.slice(0, 2), [0, 0]);
      const late = starts.slice(2);
      assert.equal(new Set(late).size, late.length);
      for (const [index, seconds] of late.entries())
        assert.ok(seconds <= Math.min(5, periods[index + 2]?.everySeconds ?? 0), `${seconds}`);
    }
  });

  test('two processes that start together do not begin a task together', () => {
    const [one] = startsOf([{ everySeconds: 30 }], () => 0.1);
    const [other] = startsOf([{ everySeconds: 30 }], () => 0.9);
    assert.ok(Math.abs((one?.[1] ?? 0) - (other?.[1] ?? 0)) > 3);
  });
});
