// The simulated cluster on the command line. Writes kubeconfigs, prints how to reach it, and runs until it is stopped.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { faultHelp } from './fault-kinds.ts';
import { startCluster } from './index.ts';

const HELP = `A simulated Kubernetes cluster with the vWorkspace operator and Velero.

  --port N               HTTPS port of the API server (any free one)
  --control-port N       plain HTTP on loopback for faults and hooks; GET / explains it
  --host ADDRESS         address to listen on (127.0.0.1)
  --name NAME            name of the cluster in kubeconfigs (simulated)
  --kubeconfig FILE      write the service account's kubeconfig there
  --admin-kubeconfig FILE  write the administrator's kubeconfig there
  --speed N              1: a backup takes about 20 seconds; 200: a tenth of a second (1)
  --namespace NAME       make this namespace, open to the operator; repeatable
  --application NAME     make this ApplicationInstance in every --namespace; repeatable
  --vocabulary WORD      documents or code: how the operator words its status (documents)
  --require-restore-approval   a Restore waits for an approval claim
  --no-webhooks          the operator's webhook is not registered, as by its chart's default
  --approval-secret TEXT       the secret of approval claims
  --operator-version V   release of the operator (0.0.13); before 0.0.7 it accepts fewer parameters
  --discovery            let the service account read all of Velero, snapshot and storage classes, namespaces
  --reads-velero         let it read Velero's backups, restores and storage locations
  --only-namespace NAME  restrict the service account to this namespace; repeatable
  --events-url URL       control plane that the operator posts its events to, with --events-token TOKEN
  --http1                offer HTTP/1.1 only
  --version V            gitVersion of the API server (v1.34.2)
  --help

Faults, for POST /faults of the control endpoint:
${faultHelp()}`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'control-port': { type: 'string' },
    host: { type: 'string', default: '127.0.0.1' },
    name: { type: 'string', default: 'simulated' },
    kubeconfig: { type: 'string' },
    'admin-kubeconfig': { type: 'string' },
    speed: { type: 'string', default: '1' },
    namespace: { type: 'string', multiple: true, default: [] },
    application: { type: 'string', multiple: true, default: [] },
    vocabulary: { type: 'string', default: 'documents' },
    'require-restore-approval': { type: 'boolean', default: false },
    'no-webhooks': { type: 'boolean', default: false },
    'approval-secret': { type: 'string' },
    'operator-version': { type: 'string' },
    discovery: { type: 'boolean', default: false },
    'reads-velero': { type: 'boolean', default: false },
    'only-namespace': { type: 'string', multiple: true },
    'events-url': { type: 'string' },
    'events-token': { type: 'string', default: '' },
    http1: { type: 'boolean', default: false },
    version: { type: 'string', default: 'v1.34.2' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

const secret = values['approval-secret'];
const operatorVersion = values['operator-version'];
const namespaces = values['only-namespace'];
const eventsUrl = values['events-url'];
const controlPort = values['control-port'];
const cluster = await startCluster({
  name: values.name,
  host: values.host,
  port: Number(values.port),
  speed: Number(values.speed),
  vocabulary: values.vocabulary === 'code' ? 'code' : 'documents',
  requireRestoreApproval: values['require-restore-approval'],
  webhooks: !values['no-webhooks'],
  discovery: values.discovery,
  readsVelero: values['reads-velero'],
  http2: !values.http1,
  version: values.version,
  controlPort: controlPort === undefined ? false : Number(controlPort),
  ...(eventsUrl === undefined ? {} : { events: { url: eventsUrl, token: values['events-token'] } }),
  ...(operatorVersion === undefined ? {} : { operatorVersion }),
  ...(namespaces === undefined ? {} : { namespaces }),
  ...(secret === undefined ? {} : { approvalSecret: secret }),
});

for (const namespace of values.namespace) {
  cluster.addNamespace(namespace);
  for (const application of values.application) cluster.addApplicationInstance(namespace, application);
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const written = (file: string | undefined, content: string, whose: string): void => {
  if (file === undefined) return;
  writeFileSync(file, content, { mode: 0o600 });
  say(`  ${whose}: ${file}`);
};
say(`Simulated cluster "${values.name}" at ${cluster.url} (${values.version}, speed ${values.speed})`);
if (cluster.controlUrl !== undefined) say(`  control endpoint: ${cluster.controlUrl}`);
written(values.kubeconfig, cluster.kubeconfig, "service account's kubeconfig");
written(values['admin-kubeconfig'], cluster.adminKubeconfig, "administrator's kubeconfig");
if (values.namespace.length > 0)
  say(`  namespaces: ${values.namespace.join(', ')}; applications: ${values.application.join(', ') || 'none'}`);
if (values['admin-kubeconfig'] !== undefined)
  say(`  try: kubectl --kubeconfig ${values['admin-kubeconfig']} get operations -A -w`);

const end = (): void => void cluster.close().then(() => process.exit(0));
process.once('SIGINT', end);
process.once('SIGTERM', end);
