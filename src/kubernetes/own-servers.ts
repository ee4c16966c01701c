/**
 * Where the service's own PostgreSQL and Redis are, so that nobody registers them as a cluster and learns from our
 * answers what listens there. Their names are resolved at the start and again each minute; while that fails, the last
 * addresses hold.
 */

import { isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { OwnServer } from './http/denied-addresses.ts';
import { type Resolve, resolveBySystem } from './http/tls-connect.ts';

const refreshMs = 60_000;
/** How long the start waits for it. */
const firstMs = 2_000;
const usualPorts: Readonly<Record<string, number>> = { 'redis:': 6379, 'rediss:': 6379 };
const postgresPort = 5432;

/** `urls` are those that the service connects to itself. Returns their addresses as they were known last. */
export async function ownServers(
  urls: readonly string[],
  resolve: Resolve = resolveBySystem,
): Promise<() => readonly OwnServer[]> {
  const places = urls.flatMap(placesIn);
  const known = new Map<string, readonly OwnServer[]>();
  let refreshedAt = performance.now();

  const refresh = async () => {
    refreshedAt = performance.now();
    await Promise.all(
      places.map(async ({ host, port }) => {
        const found = isIP(host) === 0 ? await resolve(host).catch(() => undefined) : [{ address: host }];
        if (found !== undefined)
          known.set(
            `${host}:${port}`,
            found.map(({ address }) => ({ address, port })),
          );
      }),
    );
  };
  await Promise.race([refresh(), delay(firstMs, undefined, { ref: false })]);
  return () => {
    if (performance.now() - refreshedAt > refreshMs) void refresh();
    return [...known.values()].flat();
  };
}

/** The host, or those in the parameter `host` of PostgreSQL. A path is a socket, which is no address. */
function placesIn(text: string): readonly { readonly host: string; readonly port: number }[] {
  const url = URL.parse(text);
  if (url === null) return [];
  const port = Number(url.port) || (usualPorts[url.protocol] ?? postgresPort);
  const hosts = [url.hostname.replace(/^\[|\]$/g, ''), ...(url.searchParams.get('host')?.split(',') ?? [])];
  return hosts
    .map((host) => decodeURIComponent(host))
    .filter((host) => host !== '' && !host.startsWith('/'))
    .map((host) => ({ host, port }));
}
