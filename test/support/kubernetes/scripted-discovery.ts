/** Discovery of a cluster whose answers a test gives. */
import { clusterApi } from '../../../src/kubernetes/cluster-api.ts';
import { answerJson, type Script, scripted, silentLog } from './scripted-cluster.ts';

export const timings = { connectSeconds: 2, callSeconds: 6 };
export const now = '2026-01-01T00:00:00.000Z';
export const place = { namespace: 'apps', name: 'cloud' };

/** What a scripted cluster answers, by method and path without query; the rest is forbidden, as RBAC says it. */
export type Answers = Readonly<
  Record<string, readonly [number, object] | ((body: string) => readonly [number, object])>
>;

export const forbidden = [403, { kind: 'Status', reason: 'Forbidden', message: 'User "u" cannot list it' }] as const;
export const denied = (message: string) =>
  [
    403,
    { kind: 'Status', reason: 'Forbidden', message: `admission webhook "v.io" denied the request: ${message}` },
  ] as const;
export const list = (items: readonly object[], more = '') => [200, { metadata: { continue: more }, items }] as const;
export const reviews = '/apis/authorization.k8s.io/v1';
export const whole: Answers = {
  'GET /version': [200, { gitVersion: 'v1.34.1' }],
  'GET /apis/ops.vworkspace.io': [200, { versions: [{ version: 'v1alpha1' }] }],
  'GET /apis/ops.vworkspace.io/v1alpha1': [200, { resources: [{ name: 'operations' }, { name: 'operations/status' }] }],
  'GET /apis/apps.vworkspace.io': [200, { versions: [{ version: 'v1alpha1' }] }],
  'GET /apis/apps.vworkspace.io/v1alpha1': [200, { resources: [{ name: 'applicationinstances' }] }],
  [`POST ${reviews}/selfsubjectaccessreviews`]: [201, { status: { allowed: true } }],
};

export function scriptOf(answers: Answers, asked: string[] = []): Script {
  return (request, response, body) => {
    const key = `${request.method} ${new URL(request.url ?? '', 'https://x').pathname}`;
    asked.push(`${request.method} ${request.url}`);
    const answer = answers[key] ?? (key.includes('/operations/') ? answers['PATCH operation'] : undefined) ?? forbidden;
    const [status, json] = typeof answer === 'function' ? answer(body) : answer;
    answerJson(response, status, json);
  };
}

export async function discover(script: Script, applications = [place], limits = timings) {
  await using server = await scripted(script);
  const api = clusterApi({ log: silentLog, timings: limits });
  const found = await api.discover(server.target, now, applications);
  await api.close();
  return found;
}

/** A webhook: it denies a target that is nowhere, as every operator does before it looks at parameters. */
export function checked(
  answer: (body: string) => readonly [number, object],
): (body: string) => readonly [number, object] {
  return (body) =>
    JSON.parse(body).spec.targetRef.name === place.name ? answer(body) : denied('target ApplicationInstance not found');
}
