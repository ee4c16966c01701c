// One simulated cluster, put together by hand: store, operator, Velero, API server, listener, control endpoint. What
// tests and people hold in their hands is the object that `startCluster` answers.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { admissionOf } from './admission.ts';
import { Api, send } from './api.ts';
import { DEFAULT_APPROVAL_SECRET } from './approval.ts';
import type { ControlServer } from './control.ts';
import { startControl } from './control.ts';
import { Faults } from './faults.ts';
import { InFlight } from './inflight.ts';
import type { JsonObject } from './json.ts';
import { text } from './json.ts';
import { kubeconfigOf } from './kubeconfig.ts';
import { Listener } from './listener.ts';
import { tendCrds, tendNamespaces } from './namespaces.ts';
import type { Server } from './objects.ts';
import { create, writeOptions } from './objects.ts';
import { isOpen, Operator } from './operator.ts';
import type { ClusterOptions, SimulatedCluster } from './options.ts';
import type { Rule } from './rbac.ts';
import type { ResourceType } from './registry.ts';
import { CRDS, NAMESPACES, Registry, shippedCrds } from './registry.ts';
import { RequestLog } from './requests.ts';
import { addApplicationInstance, addNamespace, put, SYSTEM_NAMESPACE, seed } from './seeds.ts';
import { Store } from './store.ts';
import { Timers } from './timers.ts';
import { makeTls } from './tls.ts';
import { newToken, Tokens } from './tokens.ts';
import { Velero } from './velero.ts';
import { versionInfo } from './version.ts';
import type { WatchStream } from './watch.ts';

const ACCOUNT = 'vworkspace-control-plane';
const USER = `system:serviceaccount:${SYSTEM_NAMESPACE}:${ACCOUNT}`;
const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'patch', 'update', 'delete'];
const GROUPS = ['ops.vworkspace.io', 'apps.vworkspace.io'];
const RESOURCES = ['operations', 'applicationinstances'];

/** The rights of the service account: reads everywhere, writes in open namespaces; or both in the named ones only. */
function accountRules(open: ReadonlySet<string>, namespaces: readonly string[] | undefined): readonly Rule[] {
  const clusters: Rule = { verbs: READ, groups: ['ops.vworkspace.io'], resources: ['clusters'] };
  if (namespaces !== undefined)
    return [clusters, { verbs: [...READ, ...WRITE], groups: GROUPS, resources: RESOURCES, namespaces }];
  return [
    clusters,
    { verbs: READ, groups: GROUPS, resources: RESOURCES },
    { verbs: WRITE, groups: GROUPS, resources: RESOURCES, namespaces: [...open] },
  ];
}

function watchGates(store: Store, vocabulary: 'documents' | 'code'): ReadonlySet<string> {
  const open = new Set<string>();
  store.listen(NAMESPACES, ({ kind, object }) => {
    const name = text(object, 'metadata', 'name');
    if (kind !== 'DELETED' && isOpen(object, vocabulary)) open.add(name);
    else open.delete(name);
  });
  return open;
}

export async function startCluster(options: ClusterOptions = {}): Promise<SimulatedCluster> {
  const { name = 'simulated', host = '127.0.0.1', speed = 1, vocabulary = 'documents', controlPort = false } = options;
  const tls = options.tls ?? (await makeTls([...new Set([host, '127.0.0.1', '::1', 'localhost'])]));
  const timers = new Timers();
  const store = new Store();
  const registry = new Registry();
  const faults = new Faults(timers);
  const requests = new RequestLog();
  const watches = new Set<WatchStream>();
  const tokens = new Tokens();
  const inFlight = new InFlight(store);
  const approvalSecret = options.approvalSecret ?? DEFAULT_APPROVAL_SECRET;
  const admit = admissionOf({ store, inFlight, faults, oldOperator: options.oldOperator ?? false, approvalSecret });
  const server: Server = { store, registry, admit };
  const open = watchGates(store, vocabulary);
  tendNamespaces(server, timers);
  tendCrds(server, (plural) => {
    for (const watch of watches) if (watch.type.plural === plural) watch.end();
  });
  seed(server, name);
  new Velero(server, timers, faults, speed);
  new Operator({ server, timers, speed, vocabulary, requireRestoreApproval: options.requireRestoreApproval ?? false });

  const granted: Rule[] = [...(options.grants ?? [])];
  const account = {
    name: USER,
    groups: ['system:serviceaccounts', 'system:authenticated'],
    rules: () => [...accountRules(open, options.namespaces), ...granted],
  };
  const token = newToken();
  const adminToken = newToken();
  tokens.add(token, account);
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
  const answer = (message: IncomingMessage, response: ServerResponse): void => {
    api.answer(message, response).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) send(response, { code: 500, text: 'internal error' });
    });
  };
  const listener: Listener = new Listener(tls, host, options.port ?? 0, answer);
  let wanted = true;
  const refuses = (): boolean => faults.list().some((fault) => fault.kind === 'unreachable' && fault.mode !== 'reset');
  const settle = (): Promise<void> => (wanted && !refuses() ? listener.open() : listener.close());
  faults.onChange = (fault) => {
    if (fault.kind === 'unreachable') void settle();
    for (const watch of [...watches]) {
      if (fault.kind === 'dropWatches' && faults.take('dropWatches', watch.target) !== undefined)
        watch.end(fault.abrupt);
      else watch.flush();
    }
  };
  await listener.open();

  const url = `https://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${listener.port}`;
  const access = (user: string, bearer: string): string =>
    kubeconfigOf({ cluster: name, user, url, caPem: tls.caPem, token: bearer });
  const typeOf = (plural: string): ResourceType => {
    const type = registry.byPlural(plural);
    if (type === undefined) throw new Error(`the cluster does not serve ${plural}`);
    return type;
  };
  const crdNameOf = (plural: string): { readonly crd: JsonObject; readonly name: string } => {
    const shipped = shippedCrds().find(({ type }) => type.plural === plural);
    if (shipped === undefined) throw new Error(`no CRD for ${plural}`);
    return { crd: shipped.crd, name: text(shipped.crd, 'metadata', 'name') };
  };
  let control: ControlServer | undefined;
  const cluster: SimulatedCluster = {
    name,
    url,
    token,
    adminToken,
    caPem: tls.caPem,
    kubeconfig: access(ACCOUNT, token),
    adminKubeconfig: access('admin', adminToken),
    get controlUrl() {
      return control?.url;
    },
    requests: {
      get total() {
        return requests.total;
      },
      byVerb: () => requests.byVerb(),
      get log() {
        return requests.log;
      },
    },
    addNamespace: (namespace, given = {}) => addNamespace(server, namespace, given.labels, given.annotations),
    addApplicationInstance: (namespace, instance, given = {}) =>
      addApplicationInstance(server, namespace, instance, given.annotations),
    get: (resource, namespace, object) => store.get(typeOf(resource), namespace ?? '', object),
    list: (resource, namespace) => store.list(typeOf(resource), namespace ?? ''),
    put: (resource, object) =>
      put(server, typeOf(resource), object as JsonObject, text(object as JsonObject, 'metadata', 'namespace')),
    grant(rule) {
      granted.push(rule);
      return { clear: () => void granted.splice(granted.indexOf(rule), 1) };
    },
    issueToken(expiresAt) {
      const issued = newToken();
      tokens.add(issued, account, expiresAt);
      return issued;
    },
    revokeToken: (bearer) => tokens.revoke(bearer),
    expireToken: (bearer, expiresAt) => tokens.expire(bearer, expiresAt),
    inject: (fault) => faults.inject(fault),
    faults: () => faults.list(),
    clearFaults: () => faults.clear(),
    compact: () => store.compact(),
    removeCrd(plural) {
      const crd = store.get(CRDS, '', crdNameOf(plural).name);
      if (crd !== undefined) store.remove(CRDS, crd);
    },
    restoreCrd(plural) {
      const { crd, name: crdName } = crdNameOf(plural);
      if (store.get(CRDS, '', crdName) === undefined) create(server, CRDS, '', crd, writeOptions('simulator'));
    },
    async stop() {
      wanted = false;
      await settle();
    },
    async start() {
      wanted = true;
      await settle();
    },
    async close() {
      wanted = false;
      timers.close();
      for (const watch of [...watches]) watch.end();
      await Promise.all([listener.close(), control?.close()]);
    },
  };
  if (controlPort !== false) control = await startControl(cluster, faults, controlPort);
  return cluster;
}
