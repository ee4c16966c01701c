/**
 * Reads a kubeconfig as data. Elsewhere a kubeconfig is code and a file reader: `exec` and `auth-provider` start
 * programs, `tokenFile` and paths to keys send files away, proxies and skipped verification hand the token to others.
 * Here six explicit fields of the current context are taken. A field that would do any of that is refused, with the
 * rule and what to do instead. Everything else is ignored. No error repeats text of the document.
 */

import { type Document, isScalar, parseAllDocuments, visit } from 'yaml';
import { z } from 'zod';
import type { ClusterAccess } from '../core/clusters/rules/cluster.ts';
import { serverAddress } from '../core/clusters/rules/server-address.ts';
import { type Refusal, ruleViolated } from '../core/kernel/rules/problem.ts';
import { belongTogether, certificatesOf, type Decoded, privateKeyOf } from './pem.ts';

const maxBytes = 131_072;
/**
 * Whatever may begin, end or separate something in YAML, in block and in flow style: the parser's time goes by these, and
 * where the text is wrong by many times as much. The data itself is base64, which has none of them.
 */
const entryMarks = /[^\w\s+/=.-]|-\s|\n/g;
const maxEntryCount = 8000;
const maxAliasCount = 20;

const Fields = z.record(z.string(), z.unknown());
type Fields = z.infer<typeof Fields>;
const Entries = z.array(Fields).max(1000);
const Text = z.string().min(1);

const inlineInstead =
  'Files are not read; put the data itself into the kubeconfig: kubectl config view --raw --flatten';
const tokenInstead = 'Use the token of a service account or an inline client certificate instead.';

/** Fields that are refused in the current context, with why and what to do. Empty values count as absent. */
const refusedOfCluster = {
  'certificate-authority': `certificate-authority is a path. ${inlineInstead}`,
  'proxy-url': 'proxy-url is not allowed: clusters are reached directly.',
} as const;
const refusedOfUser = {
  exec: `exec would run a program. ${tokenInstead}`,
  'auth-provider': `auth-provider would run a program. ${tokenInstead}`,
  tokenFile: `tokenFile is a path. ${inlineInstead}`,
  'client-certificate': `client-certificate is a path. ${inlineInstead}`,
  'client-key': `client-key is a path. ${inlineInstead}`,
  username: `username and password are not supported by Kubernetes any more. ${tokenInstead}`,
  password: `username and password are not supported by Kubernetes any more. ${tokenInstead}`,
  as: 'Impersonation (as) is not allowed: give credentials that have the rights themselves.',
  'as-uid': 'Impersonation (as-uid) is not allowed: give credentials that have the rights themselves.',
  'as-groups': 'Impersonation (as-groups) is not allowed: give credentials that have the rights themselves.',
  'as-user-extra': 'Impersonation (as-user-extra) is not allowed: give credentials that have the rights themselves.',
} as const;

export interface KubeconfigRules {
  /** Allows insecure-skip-tls-verify; for test installations. */
  readonly allowInsecureTls: boolean;
}

/**
 * The reader throws the Refusal `rule-violated` with the pointer /kubeconfig. It uses no file, program or network. The
 * service reads what it is given in a thread of its own (kubeconfig-thread.ts).
 */
export function kubeconfigReader(rules: KubeconfigRules): (text: string) => ClusterAccess {
  return (yamlText) => {
    const document = documentOf(yamlText);
    const currentContext = Text.safeParse(document['current-context']);
    if (!currentContext.success)
      throw refusal('current-context is missing. Choose one: kubectl config use-context NAME');
    const context = named(document, 'contexts', 'context', currentContext.data, 'current-context');
    const cluster = named(document, 'clusters', 'cluster', nameIn(context, 'cluster'), "the current context's cluster");
    const user = named(document, 'users', 'user', nameIn(context, 'user'), "the current context's user");
    refuseFields(cluster, refusedOfCluster);
    refuseFields(user, refusedOfUser);
    return { server: serverOf(cluster), ...trustOf(cluster, rules), ...credentialsOf(user) };
  };
}

export const readKubeconfig = kubeconfigReader({ allowInsecureTls: false });

function refusal(detail: string): Refusal {
  return ruleViolated('/kubeconfig', detail);
}

function documentOf(text: string): Fields {
  if (Buffer.byteLength(text) > maxBytes)
    throw refusal(
      `The kubeconfig is larger than ${maxBytes / 1024} KiB. Leave only the context that is needed: kubectl config view --raw --minify --flatten`,
    );
  if ((text.match(entryMarks)?.length ?? 0) > maxEntryCount)
    throw refusal(
      'The kubeconfig has more entries than are accepted. Leave only the context that is needed: kubectl config view --raw --minify --flatten',
    );
  const documents = parsed(() =>
    parseAllDocuments(text, {
      prettyErrors: false,
      logLevel: 'silent',
      schema: 'core',
      merge: false,
      stringKeys: true,
      // The parser compares each key with each other one. See hasRepeatedKey.
      uniqueKeys: false,
    }),
  );
  const [document] = documents;
  if (!Array.isArray(documents) || document === undefined) throw refusal('The kubeconfig is empty.');
  if (documents.length > 1) throw refusal('The kubeconfig holds several YAML documents; give exactly one.');
  if (document.errors.length > 0 || document.warnings.length > 0) throw refusal('The kubeconfig is not readable YAML.');
  if (parsed(() => hasRepeatedKey(document)))
    throw refusal('The kubeconfig is not readable YAML: a key occurs twice in one mapping. Give it once.');
  const fields = Fields.safeParse(parsed(() => document.toJS({ maxAliasCount })));
  if (!fields.success)
    throw refusal('The kubeconfig must be a YAML mapping with clusters, users, contexts and current-context.');
  return fields.data;
}

function hasRepeatedKey(document: Document.Parsed): boolean {
  let found = false;
  visit(document, {
    Map(_, { items }) {
      const keys = items.map(({ key }) => (isScalar(key) ? String(key.value) : undefined));
      found ||= new Set(keys).size < keys.length;
      return found ? visit.BREAK : undefined;
    },
  });
  return found;
}

/** A text whose nesting exhausts the parser's stack ends here, too. */
function parsed<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw refusal('The kubeconfig is not readable YAML, or uses more aliases than a kubeconfig needs.');
  }
}

function named(document: Fields, list: string, key: string, name: string, what: string): Fields {
  const entries = Entries.safeParse(document[list]);
  const found = entries.success ? entries.data.filter((entry) => entry.name === name) : [];
  if (found.length > 1) throw refusal(`${what} occurs more than once in ${list}; give it once.`);
  const fields = Fields.safeParse(found[0]?.[key]);
  if (!fields.success) throw refusal(`${what} names an entry that ${list} does not hold.`);
  return fields.data;
}

function nameIn(context: Fields, key: string): string {
  const name = Text.safeParse(context[key]);
  if (!name.success) throw refusal(`The current context names no ${key}.`);
  return name.data;
}

function refuseFields(fields: Fields, refused: Readonly<Record<string, string>>): void {
  for (const [key, detail] of Object.entries(refused)) if (isSet(fields[key])) throw refusal(detail);
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && value !== false;
}

function serverOf(cluster: Fields): string {
  const read = serverAddress(typeof cluster.server === 'string' ? cluster.server : '');
  if ('wrong' in read) throw refusal(`The cluster's server ${read.wrong}`);
  return read.server;
}

function trustOf(
  cluster: Fields,
  { allowInsecureTls }: KubeconfigRules,
): Pick<ClusterAccess, 'ca' | 'tlsServerName' | 'insecureSkipTlsVerify'> {
  const ca = pemIn(cluster, 'certificate-authority-data', certificatesOf);
  const insecure = cluster['insecure-skip-tls-verify'];
  if (isSet(insecure) && (!allowInsecureTls || insecure !== true || ca !== undefined)) throw refusal(insecureTls);
  const tlsServerName = textIn(
    cluster,
    'tls-server-name',
    /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/,
    'must be a host name',
  );
  return {
    ...(ca !== undefined && { ca }),
    ...(tlsServerName !== undefined && { tlsServerName }),
    ...(isSet(insecure) && { insecureSkipTlsVerify: true }),
  };
}

const insecureTls =
  'insecure-skip-tls-verify would hand the token to anyone in between. Give certificate-authority-data instead.';

function credentialsOf(user: Fields): Pick<ClusterAccess, 'token' | 'clientCertificate' | 'clientKey'> {
  const token = textIn(
    user,
    'token',
    /^[\x21-\x7e]{1,16384}$/,
    'must be one line of printable characters without spaces',
  );
  const clientCertificate = pemIn(user, 'client-certificate-data', certificatesOf);
  const clientKey = pemIn(user, 'client-key-data', privateKeyOf);
  if (clientCertificate === undefined && clientKey === undefined) {
    if (token === undefined)
      throw refusal(
        'The current user has no credentials. Give a token, or client-certificate-data with client-key-data.',
      );
    return { token };
  }
  if (clientCertificate === undefined || clientKey === undefined)
    throw refusal('client-certificate-data and client-key-data only work together; give both or neither.');
  if (!belongTogether(clientCertificate, clientKey))
    throw refusal('client-key-data is not the key of client-certificate-data.');
  return { ...(token !== undefined && { token }), clientCertificate, clientKey };
}

function textIn(fields: Fields, key: string, pattern: RegExp, rule: string): string | undefined {
  const value = fields[key];
  if (!isSet(value)) return undefined;
  if (typeof value !== 'string' || !pattern.test(value)) throw refusal(`${key} ${rule}.`);
  return value;
}

function pemIn(fields: Fields, key: string, decode: (base64: string) => Decoded): string | undefined {
  const value = fields[key];
  if (!isSet(value)) return undefined;
  if (typeof value !== 'string') throw refusal(`${key} must be base64 text.`);
  const decoded = decode(value);
  if ('wrong' in decoded) throw refusal(`${key} ${decoded.wrong}.`);
  return decoded.pem;
}
