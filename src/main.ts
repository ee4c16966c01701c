/** `npm start`: the service by itself, configured by the environment. A signal drains it; a second one ends it. */
import { readConfig } from './config.ts';
import { startService } from './context.ts';

try {
  const config = readConfig(process.env);
  const service = await startService(config);
  if (service.adminApiKey !== undefined) {
    process.stderr.write(
      `\n  The admin API key, shown this once:\n\n    ${service.adminApiKey}\n\n  curl -H "Authorization: Bearer $KEY" ${service.url ?? ''}/v1/clusters\n\n`,
    );
  }
  if (service.url !== undefined) process.stderr.write(`  API reference: ${service.url}/docs\n`);
  let asked = false;
  const stop = () => {
    if (asked) process.exit(1);
    asked = true;
    setTimeout(() => process.exit(1), config.shutdownSeconds * 1000).unref();
    void service.close().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
