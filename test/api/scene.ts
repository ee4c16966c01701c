/** Resources to act on: a cluster with one application, registered by token, and what belongs to it. */
import { after } from 'node:test';
import { type Answer, startApi, type TestApi } from './harness.ts';

/** A certificate that says that it is an authority. Nobody has its key. */
const ca = `-----BEGIN CERTIFICATE-----
MIIBgTCCASegAwIBAgIUQR02rJZQhIyBjTm/BzmTcN4+yhMwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKa3ViZXJuZXRlczAgFw0yNjExMjkyMjM4MDBaGA8yMTI2MTEw
NTIyMzgwMFowFTETMBEGA1UEAwwKa3ViZXJuZXRlczBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABB3Q67FXMfcEI9kYrIV6nvy3IL7L5bPgAwnr10MbbpOGuYteIJpi
MlJUweU/fBa8e7wfZ2rKs0cthzEC0cT5pvWjUzBRMB0GA1UdDgQWBBR+E4OF4aYp
8bdv1wk2AntSH6rAjDAfBgNVHSMEGDAWgBR+E4OF4aYp8bdv1wk2AntSH6rAjDAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIBcGHfKpP1VmrvPndAds
kjIB8lQIytjLp2EsnV5Kc9W8AiEA8GdkyawZj4lmSw/GpomVqaPzLOs2ANwIKcuK
vDbmks4=
-----END CERTIFICATE-----
`;

export const access = {
  server: 'https://10.0.0.10:6443',
  ca,
  token: 'canary-token-0123456789',
};

export interface Scene {
  readonly clusterId: string;
  readonly applicationClassId: string;
  readonly applicationInstanceId: string;
}

export async function setScene(
  api: TestApi,
  namespace = 'org-myteam',
  key = api.adminKey,
  suffix = '',
): Promise<Scene> {
  const cluster = await api.make('/v1/clusters', { name: `cluster-prod-1${suffix}`, ...access }, key);
  const kind = await api.make('/v1/application-classes', { name: `nextcloud${suffix}` });
  const application = { clusterId: cluster.id, applicationClassId: kind.id, namespace, name: 'nextcloud-myteam' };
  const instance = await api.make('/v1/application-instances', application, key);
  return { clusterId: cluster.id, applicationClassId: kind.id, applicationInstanceId: instance.id };
}

export interface ScheduleScene {
  readonly api: TestApi;
  readonly scene: Scene;
  /** The body of a daily schedule of the one application, with a name of its own. */
  wish(more?: object): object;
  /** Makes it. */
  schedule(more?: object): Promise<Answer['body']>;
}

/** The API and the resources for a whole test file about schedules. */
export async function startScheduleScene(): Promise<ScheduleScene> {
  const api = await startApi();
  after(() => api.close());
  const scene = await setScene(api);
  const { applicationInstanceId } = scene;
  let count = 0;
  const wish = (more: object = {}) => {
    count += 1;
    return { applicationInstanceId, name: `s-${count}`, schedule: '0 2 * * *', ...more };
  };
  return { api, scene, wish, schedule: (more) => api.make('/v1/schedules', wish(more)) };
}

export function backup(scene: Scene, more: object = {}): object {
  return { applicationInstanceId: scene.applicationInstanceId, type: 'Backup', ...more };
}

/** A backup that has made a copy: asked for by the API, ended as a cluster would tell. Returns its Operation's id. */
export async function succeeded(
  api: TestApi,
  scene: Scene,
  more: { readonly startedAt?: string; readonly expiresAt?: string; readonly set?: string; readonly key?: string } = {},
): Promise<string> {
  const { operation } = await api.make('/v1/operations', backup(scene), more.key);
  await api.opened.pool.query(
    `update operation set phase = 'Succeeded', owed = null, next_attempt_at = null, started_at = s, finished_at = s + interval '4 minutes',
            expires_at = coalesce($3::timestamptz, s + interval '720 hours')
     from (select coalesce($2::timestamptz, now() - interval '10 minutes') as s) given where id = $1`,
    [operation.id, more.startedAt ?? null, more.expiresAt ?? null],
  );
  if (more.set !== undefined)
    await api.opened.pool.query(`update operation set ${more.set} where id = $1`, [operation.id]);
  return operation.id;
}
