// One simulated cluster, put together by hand: store, operator, Velero, API server, listener, control endpoint. What
// tests and people hold in their hands is the object that `startCluster` answers.

import { Account, DISCOVERY_RULES, VELERO_RULES } from './account.ts';
import type { WebhookState } from './admission.ts';
import { admissionOf } from './admission.ts';
import { Api } from './api.ts';
import { tendApplications } from './applications.ts';
import { DEFAULT_APPROVAL_SECRET } from './approval.ts';
import { Clock } from './clock.ts';
import type { ControlServer } from './control.ts';
import { startControl } from './control.ts';
import { EventStream } from './events.ts';
import type { Message, Outgoing } from './exchange.ts';
import { Faults } from './faults.ts';
import { InFlight } from './in-flight.ts';
import type { JsonObject } from './json.ts';
import { text } from './json.ts';
import { kubeconfigOf } from './kubeconfig.ts';
import { Listener } from './listener.ts';
import { tendCrds, tendNamespaces } from './namespaces.ts';
import { ObjectStorage } from './object-storage.ts';
import type { Server } from './objects.ts';
import { Operator } from './operator.ts';
import type { ClusterOptions, SimulatedCluster } from './options.ts';
import type { ResourceType } from './registry.ts';
import { Registry } from './registry.ts';
import { RequestLog } from './requests.ts';
import { addApplicationInstance, addNamespace, addStorageLocation, foreignCopy, put, seed } from './seeds.ts';
import { send } from './send.ts';
import { Store } from './store.ts';
import { isOldOperator } from './templates.ts';
import { Timers } from './timers.ts';
import { makeTls } from './tls.ts';
import { newToken, Tokens } from './tokens.ts';
import type { Ground } from './upheaval.ts';
import { deleteNamespace, removeCrd, restoreCrd, settle, upheave } from './upheaval.ts';
import { Upkeep } from './upkeep.ts';
import { Velero } from './velero.ts';
import { versionInfo } from './version.ts';
import type { WatchStream } from './watch.ts';

const OPERATOR_VERSION = '0.0.13';

export async function startCluster(options: ClusterOptions = {}): Promise<SimulatedCluster> {
  const { name = 'simulated', host = '127.0.0.1', speed = 1, vocabulary = 'documents', controlPort = false } = options;
  const { operatorVersion = OPERATOR_VERSION } = options;
  const hosts = [...new Set([host, '127.0.0.1', '::1', 'localhost'])];
  const tls = options.tls ?? (await makeTls(hosts));
  const timers = new Timers();
  const store = new Store();
  const registry = new Registry();
  const faults = new Faults(timers);
  const clock = new Clock(faults, timers);
  const requests = new RequestLog();
  const watches = new Set<WatchStream>();
  const tokens = new Tokens(clock);
  const inFlight = new InFlight(store);
  const approvalSecret = options.approvalSecret ?? DEFAULT_APPROVAL_SECRET;
  const oldOperator = isOldOperator(operatorVersion);
  const grounds = { store, inFlight, clock, oldOperator, approvalSecret };
  let webhooks = options.webhooks ?? true;
  const webhook = (): WebhookState => (!webhooks ? 'none' : operator.up ? 'up' : 'down');
  const admit = admissionOf({ ...grounds, faults, webhook });
  const server: Server = { store, registry, clock, admit };
  const granted = [...(options.grants ?? []), ...(options.discovery === true ? DISCOVERY_RULES : [])];
  if (options.readsVelero === true) granted.push(...VELERO_RULES);
  const account = new Account(store, vocabulary, options.namespaces, granted);
  const held = (namespace: string): boolean =>
    faults.all('namespaceTerminating').some(({ namespaces }) => namespaces.includes(namespace));
  tendNamespaces(server, timers, speed, held);
  tendCrds(server, (plural) => {
    for (const watch of watches) if (watch.type.plural === plural) watch.end();
  });
  seed(server, { name, operatorVersion, storageLocations: options.storageLocations });
  const storage = options.objectStorage ?? new ObjectStorage();
  new Velero({ server, timers, faults, speed, storage, backupsAtOnce: options.backupsAtOnce ?? 1 });
  new Upkeep({ server, timers, speed, storage });
  const { requireRestoreApproval = false, runsAgain = 'looked-at' } = options;
  const operator: Operator = new Operator({
    server,
    grounds,
    timers,
    speed,
    vocabulary,
    requireRestoreApproval,
    runsAgain,
  });
  tendApplications({ server, timers, speed, vocabulary, up: () => operator.up });

  const token = newToken();
  const adminToken = newToken();
  tokens.add(token, account.user);
  tokens.add(adminToken, { name: 'kubernetes-admin', groups: ['system:masters'], rules: 'all' });

  const shownHost = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const api = new Api({
    server,
    tokens,
    faults,
    timers,
    requests,
    watches,
    versionInfo: versionInfo(options.version ?? 'v1.34.2'),
    bookmarkSeconds: options.bookmarkSeconds ?? 60,
    address: () => `${shownHost}:${listener.port}`,
  });
  const answer = (message: Message, response: Outgoing): void => {
    api.answer(message, response).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) send(message, response, { code: 500, text: 'internal error' });
    });
  };
  const { http2 = true, port = 0 } = options;
  const listener: Listener = new Listener({ host, port, http2, certificate: tls, answer });
  let wanted = true;
  const ground: Ground = { server, faults, listener, watches, tls, hosts, wanted: () => wanted };
  faults.onChange = (fault, change) => upheave(ground, fault, change);
  await listener.open();

  const url = `https://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${listener.port}`;
  const access = (user: string, bearer: string): string =>
    kubeconfigOf({ cluster: name, user, url, caPem: tls.caPem, token: bearer });
  const typeOf = (plural: string): ResourceType => {
    const type = registry.byPlural(plural);
    if (type === undefined) throw new Error(`the cluster does not serve ${plural}`);
    return type;
  };
  /** The API server ends, and another starts on what is stored then. */
  const interrupted = async (meanwhile: () => void): Promise<void> => {
    for (const watch of [...watches]) watch.end(true);
    await listener.close();
    meanwhile();
    await settle(ground);
    operator.lookAtAll();
  };
  let control: ControlServer | undefined;
  let events: EventStream | undefined;
  const stopOperator = (): void => {
    operator.stop();
    events?.down();
  };
  const startOperator = (): void => {
    operator.start();
    events?.again();
  };
  const cluster: SimulatedCluster = {
    name,
    url,
    caPem: tls.caPem,
    token,
    adminToken,
    get kubeconfig() {
      return access('vworkspace-control-plane', token);
    },
    get adminKubeconfig() {
      return access('admin', adminToken);
    },
    get controlUrl() {
      return control?.url;
    },
    requests,
    addNamespace: (namespace, given = {}) => addNamespace(server, namespace, given.labels, given.annotations),
    deleteNamespace: (namespace) => deleteNamespace(server, namespace),
    addApplicationInstance: (namespace, instance, given = {}) =>
      addApplicationInstance(server, namespace, instance, given.annotations),
    get: (resource, namespace, object) => store.get(typeOf(resource), namespace ?? '', object),
    list: (resource, namespace) => store.list(typeOf(resource), namespace ?? ''),
    put: (resource, object) =>
      put(server, typeOf(resource), object as JsonObject, text(object as JsonObject, 'metadata', 'namespace')),
    grant: (rule) => account.grant(rule),
    restrictTo: (namespaces) => account.restrictTo(namespaces),
    issueToken(expiresAt) {
      const issued = newToken();
      tokens.add(issued, account.user, expiresAt);
      return issued;
    },
    revokeToken: (bearer) => tokens.revoke(bearer),
    expireToken: (bearer, expiresAt) => tokens.expire(bearer, expiresAt),
    postEvents(wantedEvents) {
      events?.stop();
      events = wantedEvents && new EventStream({ server, clock, faults, timers, vocabulary }, wantedEvents);
    },
    get eventCounts() {
      return events?.counts ?? { posted: 0, dropped: 0, waiting: 0 };
    },
    inject: (fault) => faults.inject(fault),
    faults: () => faults.list(),
    clearFaults: () => faults.clear(),
    compact: () => store.compact(),
    async rewind(revisions) {
      await interrupted(() => store.rewind(revisions));
    },
    copies: () => storage.names(),
    removeCopy: (copy) => storage.removeNamed(copy),
    addCopy: (copy, given = {}) => storage.put(foreignCopy(server, copy, given)),
    setStorageLocation: (location, phase) => addStorageLocation(server, { name: location, phase }),
    setWebhooks(registered) {
      webhooks = registered;
    },
    stopOperator,
    startOperator,
    restartOperator() {
      stopOperator();
      startOperator();
    },
    restartApiServer: () => interrupted(() => undefined),
    advance: (milliseconds) => timers.advance(milliseconds),
    removeCrd: (plural) => removeCrd(server, plural),
    restoreCrd: (plural) => restoreCrd(server, plural),
    async stop() {
      wanted = false;
      await settle(ground);
    },
    async start() {
      wanted = true;
      await settle(ground);
    },
    async close() {
      wanted = false;
      events?.stop();
      timers.close();
      for (const watch of [...watches]) watch.end();
      await Promise.all([listener.close(), control?.close()]);
    },
  };
  cluster.postEvents(options.events);
  if (controlPort !== false) control = await startControl(cluster, faults, controlPort);
  return cluster;
}
