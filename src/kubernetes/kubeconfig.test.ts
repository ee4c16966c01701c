import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { processorMs } from '../../test/support/core/processor-ms.ts';
import { newAuthority, newCertificate } from '../../test/support/kubernetes/certificates.ts';
import { Refusal } from '../core/kernel/rules/problem.ts';
import { kubeconfigReader, readKubeconfig } from './kubeconfig.ts';

const authority = await newAuthority();
const client = await newCertificate(authority);
const other = await newCertificate(authority);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const secret = 'canary-secret-value';

type Fields = Record<string, unknown>;
function kubeconfig(cluster: Fields = {}, user: Fields = {}, top: Fields = {}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'main',
    contexts: [{ name: 'main', context: { cluster: 'east', user: 'robot', namespace: 'apps' } }],
    clusters: [
      {
        name: 'east',
        cluster: {
          server: 'https://10.0.0.1:6443',
          'certificate-authority-data': base64(authority.certificate),
          ...cluster,
        },
      },
    ],
    users: [{ name: 'robot', user: { token: secret, ...user } }],
    ...top,
  });
}

describe('a kubeconfig with inline data is read', () => {
  test('token and certificate authority', () => {
    const access = readKubeconfig(kubeconfig());
    assert.deepEqual(Object.keys(access).sort(), ['ca', 'server', 'token']);
    assert.equal(access.server, 'https://10.0.0.1:6443');
    assert.equal(access.token, secret);
    assert.match(access.ca ?? '', /BEGIN CERTIFICATE/);
  });
  test('a client certificate with its key, a server name, a path below the address', () => {
    const user = {
      token: '',
      'client-certificate-data': base64(client.certificate),
      'client-key-data': base64(client.key),
    };
    const access = readKubeconfig(
      kubeconfig(
        { server: 'https://rancher.example/k8s/clusters/c-1/', 'tls-server-name': 'kubernetes.default' },
        user,
      ),
    );
    assert.equal(access.server, 'https://rancher.example/k8s/clusters/c-1');
    assert.equal(access.tlsServerName, 'kubernetes.default');
    assert.equal(access.token, undefined);
    assert.match(access.clientKey ?? '', /BEGIN PRIVATE KEY/);
  });
  test('empty and false values of refused fields count as absent', () => {
    assert.ok(
      readKubeconfig(
        kubeconfig({ 'insecure-skip-tls-verify': false, 'proxy-url': '' }, { tokenFile: '', exec: null, as: '' }),
      ),
    );
  });
  test('skipped verification, where it is allowed, without an authority beside it', () => {
    const lenient = kubeconfigReader({ allowInsecureTls: true });
    const skipped = { 'insecure-skip-tls-verify': true };
    assert.equal(lenient(kubeconfig({ ...skipped, 'certificate-authority-data': '' })).insecureSkipTlsVerify, true);
    assert.throws(() => lenient(kubeconfig(skipped)), Refusal);
    assert.equal(lenient(kubeconfig()).insecureSkipTlsVerify, undefined);
  });
  test('entries that the current context does not use are not looked at', () => {
    const users = [
      { name: 'robot', user: { token: secret } },
      { name: 'danger', user: { exec: { command: '/bin/false' } } },
    ];
    assert.equal(readKubeconfig(kubeconfig({}, {}, { users })).token, secret);
  });
  test('JSON is YAML', () =>
    assert.ok(
      readKubeconfig(
        JSON.stringify({
          'current-context': 'a',
          contexts: [{ name: 'a', context: { cluster: 'b', user: 'c' } }],
          clusters: [{ name: 'b', cluster: { server: 'https://a.example' } }],
          users: [{ name: 'c', user: { token: 't' } }],
        }),
      ),
    ));
});

const bomb = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...[...'bcdefghi'].map(
    (letter, index) => `${letter}: &${letter} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`,
  ),
].join('\n');
const file = '/etc/passwd';

const hostile: Readonly<Record<string, readonly [text: string, rule: RegExp]>> = {
  'runs a program': [
    kubeconfig({}, { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'touch', args: ['/tmp/owned'] } }),
    /exec would run a program/,
  ],
  'runs a program, with a token beside it': [kubeconfig({}, { token: secret, exec: { command: 'sh' } }), /exec/],
  'runs a program by text': [kubeconfig({}, { exec: 'sh' }), /exec/],
  'asks an auth provider': [
    kubeconfig({}, { 'auth-provider': { name: 'gcp', config: { 'cmd-path': '/bin/sh' } } }),
    /auth-provider/,
  ],
  'reads a token from a file': [kubeconfig({}, { tokenFile: file }), /tokenFile is a path/],
  'reads the authority from a file': [kubeconfig({ 'certificate-authority': file }), /certificate-authority is a path/],
  'reads a certificate from a file': [kubeconfig({}, { 'client-certificate': file }), /client-certificate is a path/],
  'reads a key from a file': [kubeconfig({}, { 'client-key': file }), /client-key is a path/],
  'skips verification': [kubeconfig({ 'insecure-skip-tls-verify': true }), /insecure-skip-tls-verify/],
  'skips verification, as text': [kubeconfig({ 'insecure-skip-tls-verify': 'true' }), /insecure-skip-tls-verify/],
  'goes through a proxy': [kubeconfig({ 'proxy-url': 'http://evil.example:3128' }), /proxy-url/],
  'goes through SOCKS': [kubeconfig({ 'proxy-url': 'socks5://evil.example' }), /proxy-url/],
  'speaks plain HTTP': [kubeconfig({ server: 'http://10.0.0.1:8080' }), /https:\/\//],
  'names a file as server': [kubeconfig({ server: 'file:///etc/passwd' }), /https:\/\//],
  'names a Unix socket': [kubeconfig({ server: 'unix:///run/docker.sock' }), /https:\/\//],
  'names javascript': [kubeconfig({ server: 'javascript:alert(1)' }), /https:\/\//],
  'names no server': [kubeconfig({ server: undefined }), /server must be/],
  'names a server that is no address': [kubeconfig({ server: 'not an address' }), /server must be/],
  'has credentials in the address': [
    kubeconfig({ server: `https://admin:${secret}@10.0.0.1` }),
    /no user name or password/,
  ],
  'has a query in the address': [kubeconfig({ server: `https://10.0.0.1/?token=${secret}` }), /no query/],
  'has a number as server': [kubeconfig({ server: 42 }), /server must be/],
  impersonates: [kubeconfig({}, { as: 'system:admin' }), /Impersonation/],
  'impersonates groups': [kubeconfig({}, { 'as-groups': ['system:masters'] }), /Impersonation/],
  'impersonates a uid': [kubeconfig({}, { 'as-uid': '1' }), /Impersonation/],
  'impersonates extras': [kubeconfig({}, { 'as-user-extra': { scopes: ['all'] } }), /Impersonation/],
  'uses a password': [kubeconfig({}, { username: 'admin', password: secret }), /password/],
  'has no current context': [kubeconfig({}, {}, { 'current-context': undefined }), /current-context is missing/],
  'has an empty current context': [kubeconfig({}, {}, { 'current-context': '' }), /current-context is missing/],
  'names a context that is not there': [kubeconfig({}, {}, { 'current-context': secret }), /does not hold/],
  'names a cluster that is not there': [kubeconfig({}, {}, { clusters: [] }), /cluster names an entry/],
  'names a user that is not there': [
    kubeconfig({}, {}, { users: [{ name: 'x', user: { token: secret } }] }),
    /user names an entry/,
  ],
  'has the user twice': [
    kubeconfig(
      {},
      {},
      {
        users: [
          { name: 'robot', user: { token: 'a' } },
          { name: 'robot', user: { token: 'b' } },
        ],
      },
    ),
    /more than once/,
  ],
  'has no credentials': [kubeconfig({}, { token: undefined }), /no credentials/],
  'has a token of two lines': [
    kubeconfig({}, { token: `${secret}\r\nX-Remote-User: admin` }),
    /token must be one line/,
  ],
  'has a number as token': [kubeconfig({}, { token: 12345 }), /token must be one line/],
  'has an authority that is no base64': [
    kubeconfig({ 'certificate-authority-data': `%%%${secret}%%%` }),
    /is not base64/,
  ],
  'has an authority that is no PEM': [kubeconfig({ 'certificate-authority-data': base64(secret) }), /must hold PEM/],
  'has an authority with garbage in it': [
    kubeconfig({
      'certificate-authority-data': base64('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'),
    }),
    /cannot be read/,
  ],
  'has a list as authority': [
    kubeconfig({ 'certificate-authority-data': [base64(authority.certificate)] }),
    /must be base64 text/,
  ],
  'has a certificate without its key': [
    kubeconfig({}, { 'client-certificate-data': base64(client.certificate) }),
    /only work together/,
  ],
  'has a key without its certificate': [
    kubeconfig({}, { 'client-key-data': base64(client.key) }),
    /only work together/,
  ],
  "has another certificate's key": [
    kubeconfig({}, { 'client-certificate-data': base64(client.certificate), 'client-key-data': base64(other.key) }),
    /is not the key/,
  ],
  'has a key that is none': [
    kubeconfig({}, { 'client-certificate-data': base64(client.certificate), 'client-key-data': base64(secret) }),
    /private key/,
  ],
  'has a key with garbage in it': [
    kubeconfig(
      {},
      {
        'client-certificate-data': base64(client.certificate),
        'client-key-data': base64('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'),
      },
    ),
    /cannot be read/,
  ],
  'has a path as TLS server name': [kubeconfig({ 'tls-server-name': '../../etc' }), /tls-server-name/],
  'holds two documents': [`${kubeconfig()}---\n${kubeconfig()}`, /several YAML documents/],
  'is an alias bomb': [`${bomb}\n${kubeconfig()}`, /aliases/],
  'refers to itself': ['a: &a [*a]\n', /not readable|mapping|current-context/],
  'has a key twice': [`${kubeconfig()}current-context: other\n`, /not readable YAML/],
  'is no YAML': [`{${secret}: [`, /not readable YAML/],
  'uses a tag of code': [`a: !!js/function 'function () { return "${secret}" }'\n${kubeconfig()}`, /not readable YAML/],
  'is a list': [`- ${secret}\n`, /must be a YAML mapping/],
  'is one word': [secret, /must be a YAML mapping/],
  'is empty': ['', /is empty/],
  'is binary': ['\u0000\u0001\u0002', /not readable YAML|must be a YAML mapping/],
  'is nothing but brackets': ['['.repeat(130_000), /more entries/],
  'is too large': [`${kubeconfig()}# ${'x'.repeat(140_000)}`, /larger than/],
  'has more entries than there are clusters in the world': [
    Array.from({ length: 12_000 }, (_, index) => `k${index}: 1`).join('\n'),
    /more entries/,
  ],
  'sets prototypes': [
    `__proto__: {current-context: main}\nconstructor: {prototype: {}}\n`,
    /current-context is missing/,
  ],
  'hides fields behind a merge key': [
    kubeconfig()
      .replace('    user:\n', '    user:\n      <<: {exec: {command: sh}}\n')
      .replace(`token: ${secret}`, 'x: y'),
    /no credentials/,
  ],
};

describe('a kubeconfig is refused, with the rule and no word of its own, when it', () => {
  for (const [name, [text, rule]] of Object.entries(hostile)) {
    test(name, () => {
      const refused = () =>
        assert.throws(
          () => readKubeconfig(text),
          (error) => {
            assert.ok(error instanceof Refusal);
            assert.equal(error.code, 'rule-violated');
            assert.equal(error.errors[0]?.pointer, '/kubeconfig');
            assert.match(error.message, rule);
            assert.doesNotMatch(
              `${error.message} ${error.stack?.split('\n')[0]} ${JSON.stringify(error.errors)}`,
              new RegExp(`${secret}|passwd|evil`),
            );
            assert.equal(error.cause, undefined);
            return true;
          },
        );
      assert.ok(processorMs(refused) < 2000, 'it took too long');
    });
  }
});
