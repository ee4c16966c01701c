/**
 * Runs one script and ends as it ends, telling it to stop exactly once.
 *
 * Ctrl-C in a terminal reaches every process of the foreground group, and npm forwards it on top: a service that drains
 * at the first signal and quits at the second would never drain. So the script runs in a session of its own, and gets a
 * signal only from here: the first at once, a repetition only if a person could have meant it. If this process is
 * killed, the script notices that the channel to it closed (see stop-with-parent.mjs).
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const sameSignalMilliseconds = 1_000;

/** The exit code of the script; 128 and the signal's number if a signal ended it. */
export function runToEnd(node, script, args) {
  const child = spawn(
    node,
    [
      '--disable-warning=ExperimentalWarning',
      '--import',
      new URL('./stop-with-parent.mjs', import.meta.url).href,
      script,
      ...args,
    ],
    { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], detached: process.platform !== 'win32' },
  );
  let lastAt = 0;
  const stop = (signal) => {
    const now = Date.now();
    if (now - lastAt > sameSignalMilliseconds) child.kill(signal);
    lastAt = now;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(signal));
  if (process.env.npm_lifecycle_event !== undefined) onceParentIsGone(() => stop('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`${node} cannot be started: ${error.message}`)));
    child.on('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/** npm forwards a signal to a shell, and that shell ends without passing it on: what is left is that it is gone. */
function onceParentIsGone(then) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    then();
  }, 250);
  watch.unref();
}
