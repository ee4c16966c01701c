/**
 * A control plane without nodes, all on loopback and in one folder: etcd, kube-apiserver with RBAC and its usual
 * admission, kube-controller-manager. Its certificates and keys are made here. Each part may be stopped and started.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTls } from '../../simulator/tls.ts';
import { type Client, connectTo } from './client.ts';
import { freePort, launch, type Running, untilReady } from './process.ts';

export interface Programs {
  readonly etcd: string;
  readonly 'kube-apiserver': string;
  readonly 'kube-controller-manager': string;
}

export interface ControlPlane {
  readonly folder: string;
  readonly url: string;
  readonly ca: string;
  /** With an administrator's rights. */
  readonly admin: Client;
  readonly adminKubeconfigFile: string;
  /** 'SIGKILL' as a crash does, else in order. */
  stopApiServer(signal?: 'SIGKILL'): Promise<void>;
  startApiServer(): Promise<void>;
  /** etcd forgets all history before now; what the API server itself remembers, it keeps until it is restarted. */
  compact(): Promise<void>;
  versions(): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

const readySeconds = 120;

export async function startControlPlane(programs: Programs, folder: string): Promise<ControlPlane> {
  const [etcdPort, peerPort, port, managerPort] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const at = (name: string) => join(folder, name);
  const write = (name: string, text: string): string => {
    writeFileSync(at(name), text, { mode: 0o600 });
    return at(name);
  };
  mkdirSync(folder, { recursive: true });
  const tls = await makeTls(['127.0.0.1', 'localhost', 'kubernetes', 'kubernetes.default.svc']);
  const accounts = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const token = randomBytes(24).toString('hex');
  const url = `https://127.0.0.1:${port}`;
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const ca = write('ca.crt', tls.caPem);
  const certificate = write('server.crt', tls.certPem);
  const key = write('server.key', tls.keyPem);
  const accountKey = write('accounts.key', accounts.privateKey);
  const accountPublicKey = write('accounts.pub', accounts.publicKey);
  const tokens = write('tokens.csv', `${token},administrator,administrator,system:masters\n`);
  const adminKubeconfigFile = write('admin.kubeconfig', kubeconfigOf(url, tls.caPem, token));
  const admin = connectTo({ url, ca: tls.caPem, token });

  const etcd = launch({
    name: 'etcd',
    file: programs.etcd,
    logFile: at('etcd.log'),
    args: flags({
      'data-dir': at('etcd'),
      'listen-client-urls': etcdUrl,
      'advertise-client-urls': etcdUrl,
      'listen-peer-urls': `http://127.0.0.1:${peerPort}`,
      'initial-advertise-peer-urls': `http://127.0.0.1:${peerPort}`,
      'initial-cluster': `default=http://127.0.0.1:${peerPort}`,
      'unsafe-no-fsync': 'true',
      'log-level': 'warn',
    }),
  });
  const apiServerArgs = flags({
    'etcd-servers': etcdUrl,
    'etcd-compaction-interval': '60s',
    'bind-address': '127.0.0.1',
    'advertise-address': '127.0.0.1',
    'endpoint-reconciler-type': 'none',
    'secure-port': String(port),
    'cert-dir': at('certificates'),
    'tls-cert-file': certificate,
    'tls-private-key-file': key,
    'token-auth-file': tokens,
    'authorization-mode': 'RBAC',
    'service-account-issuer': url,
    'service-account-key-file': accountPublicKey,
    'service-account-signing-key-file': accountKey,
    'service-cluster-ip-range': '10.96.0.0/16',
  });
  const managerArgs = flags({
    kubeconfig: adminKubeconfigFile,
    'bind-address': '127.0.0.1',
    'secure-port': String(managerPort),
    'cert-dir': at('certificates'),
    'leader-elect': 'false',
    'root-ca-file': ca,
    'service-account-private-key-file': accountKey,
  });
  const isReady = async () => (await admin.call('GET', '/readyz')).code === 200;
  let apiServer: Running | undefined;
  const startApiServer = async () => {
    const file = programs['kube-apiserver'];
    apiServer = launch({ name: 'kube-apiserver', file, logFile: at('kube-apiserver.log'), args: apiServerArgs });
    await untilReady(apiServer, readySeconds, isReady);
  };
  let manager: Running | undefined;
  const close = async () => {
    admin.close();
    for (const part of [manager, apiServer, etcd]) await part?.stop('SIGKILL');
  };
  try {
    await untilReady(etcd, readySeconds, async () => (await fetch(`${etcdUrl}/health`)).ok);
    await startApiServer();
    const file = programs['kube-controller-manager'];
    const name = 'kube-controller-manager';
    manager = launch({ name, file, logFile: at(`${name}.log`), args: managerArgs });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...{ folder, url, ca: tls.caPem, admin, adminKubeconfigFile, startApiServer, close },
    stopApiServer: async (signal) => apiServer?.stop(signal),
    async compact() {
      const ask = (path: string, body: object) =>
        fetch(`${etcdUrl}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
      const { header }: { header: { revision: string } } = JSON.parse(
        await (await ask('range', { key: Buffer.from('/').toString('base64') })).text(),
      );
      const answer = await ask('compaction', { revision: header.revision, physical: true });
      if (!answer.ok) throw new Error(`etcd does not compact: ${await answer.text()}`);
    },
    async versions() {
      const { gitVersion } = await admin.must('GET', '/version');
      const { etcdserver }: { etcdserver: string } = JSON.parse(await (await fetch(`${etcdUrl}/version`)).text());
      return { 'kube-apiserver': gitVersion, etcd: etcdserver };
    },
  };
}

const flags = (values: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(values).map(([name, value]) => `--${name}=${value}`);

/** Everything inline, as people hand it on. */
function kubeconfigOf(server: string, ca: string, token: string): string {
  const authority = Buffer.from(ca).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'laboratory', cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name: 'laboratory', user: { token } }],
    contexts: [{ name: 'laboratory', context: { cluster: 'laboratory', user: 'laboratory' } }],
    'current-context': 'laboratory',
  });
}
