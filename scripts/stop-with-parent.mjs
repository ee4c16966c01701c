/** Loaded before the script by run-to-end.mjs: stops the script, as SIGTERM would, when its starter was killed. */
if (process.channel) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}
