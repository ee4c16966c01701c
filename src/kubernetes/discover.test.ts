import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clusterApi } from './cluster-api.ts';
import { answerJson, type Script, scripted, silentLog } from './testing.ts';

const timings = { connectSeconds: 0.5, callSeconds: 0.6 };

describe('discovery', () => {
  const version = { gitVersion: 'v1.34.1' };
  const now = '2026-01-01T00:00:00.000Z';
  async function discover(script: Script) {
    await using server = await scripted(script);
    const api = clusterApi({ log: silentLog, timings });
    const found = await api.discover(server.target, now);
    await api.close();
    return found;
  }
  /** A cluster with one application; `allows` says what a review says. */
  const whole = (
    namespaces: readonly string[],
    allows: (attributes: { verb: string; namespace?: string }) => boolean,
  ): Script => {
    return (request, response, body) => {
      if (request.url === '/version') answerJson(response, 200, version);
      else if (request.url?.includes('applicationinstances'))
        answerJson(response, 200, { items: namespaces.map((namespace) => ({ metadata: { namespace } })) });
      else if (request.method === 'GET')
        answerJson(response, 200, {
          kind: 'APIResourceList',
          resources: [{ name: 'operations' }, { name: 'operations/status' }],
        });
      else answerJson(response, 201, { status: { allowed: allows(JSON.parse(body).spec.resourceAttributes) } });
    };
  };
  const allowedIn = async (script: Script) => {
    const { discovery, failure } = await discover(script);
    assert.equal(failure, undefined);
    return Object.fromEntries(
      discovery.permissions
        .filter(({ resource }) => resource === 'operations')
        .map(({ verb, allowed }) => [verb, allowed]),
    );
  };
  test('tells version, CRD and each right', async () => {
    const { discovery, failure } = await discover(whole(['apps'], ({ verb }) => verb !== 'delete'));
    assert.equal(failure, undefined);
    assert.equal(discovery.serverVersion, 'v1.34.1');
    assert.equal(discovery.operationCrd, 'Installed');
    assert.equal(discovery.permissions.length, 8);
    assert.deepEqual(
      discovery.permissions.filter(({ allowed }) => allowed === 'No'),
      [{ verb: 'delete', resource: 'operations', allowed: 'No' }],
    );
  });
  test('a right to write that is granted where the applications are counts', async () => {
    const allowed = await allowedIn(
      whole(['closed', 'apps', 'apps'], ({ verb, namespace }) => namespace === 'apps' || verb === 'list'),
    );
    assert.deepEqual(allowed, { create: 'Yes', get: 'No', list: 'Yes', watch: 'No', patch: 'Yes', delete: 'Yes' });
  });
  test('without an application a right to write that is not general is Unknown', async () => {
    const allowed = await allowedIn(whole([], ({ verb }) => verb !== 'patch'));
    assert.deepEqual(allowed, {
      create: 'Yes',
      get: 'Yes',
      list: 'Yes',
      watch: 'Yes',
      patch: 'Unknown',
      delete: 'Yes',
    });
  });
  test('a cluster without the CRD is one without the CRD, not a failure', async () => {
    const { discovery, failure } = await discover((request, response) => {
      if (request.url === '/version') answerJson(response, 200, version);
      else if (request.method === 'GET')
        response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
      else answerJson(response, 201, { status: { allowed: true } });
    });
    assert.equal(failure, undefined);
    assert.equal(discovery.operationCrd, 'Missing');
  });
  test('what could not be asked is Unknown', async () => {
    const { discovery, failure } = await discover((request, response) =>
      request.url === '/version' ? answerJson(response, 200, version) : answerJson(response, 503, {}),
    );
    assert.equal(discovery.operationCrd, 'Unknown');
    assert.deepEqual(new Set(discovery.permissions.map(({ allowed }) => allowed)), new Set(['Unknown']));
    assert.equal(failure?.kind, 'ServerError');
    assert.match(discovery.problem ?? '', /503/);
  });
  test('a mute cluster costs one time limit, a rejected token one question', async () => {
    const mute = await discover(() => undefined);
    assert.equal(mute.failure?.kind, 'Unreachable');
    assert.equal(mute.discovery.permissions.length, 8);
    const rejected = await discover((_request, response) =>
      answerJson(response, 401, { kind: 'Status', message: 'Unauthorized' }),
    );
    assert.equal(rejected.failure?.kind, 'CredentialsRejected');
  });
});
