/**
 * Applies, reads and deletes one Operation with Kubernetes' own client, which sends its requests through our client. It
 * is given the resource's path, so it never asks the cluster for it. The answer is taken as it came over the wire and
 * classified once, in failures.ts.
 */

import {
  createConfiguration,
  KubernetesObjectApi,
  PatchStrategy,
  ResponseContext,
  ServerConfiguration,
  type V1APIResource,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
import { z } from 'zod';
import type { ClusterAnswer } from '../../core/delivery/rules/answer.ts';
import { fieldManager, type Manifest } from '../../core/operations/rules/manifest.ts';
import type { CallLimits, ClusterClient, Request } from '../http/client.ts';
import { applyFailure, failureOf, type HttpAnswer, readOrDeleteFailure } from '../http/failures.ts';
import { warningsOf } from '../http/headers.ts';
import { jsonOf } from '../http/json.ts';
import { unreachable } from '../http/unreachable.ts';
import { operations } from '../watch/kinds/followed-kinds.ts';
import { observationOf } from '../watch/resource.ts';

const { groupVersion } = operations;

/** Kubernetes' client, with the one resource that it is used for. */
class OperationsApi extends KubernetesObjectApi {
  protected override async resource(): Promise<V1APIResource> {
    return {
      kind: 'Operation',
      name: 'operations',
      namespaced: true,
      singularName: 'operation',
      verbs: ['delete', 'get', 'patch'],
    };
  }
}

/** Later applies are bound to this uid. */
const Stored = z.object({ kind: z.literal('Operation'), metadata: z.object({ uid: z.string().min(1) }) });

export async function applyOperation(
  client: ClusterClient,
  manifest: Manifest,
  limits: CallLimits,
): Promise<ClusterAnswer> {
  const kubernetes = kubernetesClientOver(client, limits);
  const answer = await kubernetes.run((api) =>
    api.patch(manifest, undefined, undefined, fieldManager, false, PatchStrategy.ServerSideApply),
  );
  if (!('status' in answer)) return answer;
  if (answer.status >= 300) return applyFailure(answer, manifest.metadata.uid !== undefined, Date.now());
  const stored = Stored.safeParse(jsonOf(answer.text));
  return stored.success
    ? { kind: 'Applied', uid: stored.data.metadata.uid, warnings: warningsOf(answer.headers) }
    : failureOf(answer, Date.now());
}

interface Place {
  readonly name: string;
  readonly namespace: string;
}

export async function readOperation(client: ClusterClient, place: Place, limits: CallLimits): Promise<ClusterAnswer> {
  const { name, namespace } = place;
  const kubernetes = kubernetesClientOver(client, limits);
  const answer = await kubernetes.run((api) =>
    api.read({ apiVersion: groupVersion, kind: 'Operation', metadata: { name, namespace } }),
  );
  if (!('status' in answer)) return answer;
  if (answer.status >= 300) return readOrDeleteFailure(answer, false, Date.now());
  const observation = observationOf(operations, jsonOf(answer.text), { deleted: false, source: 'Listed' });
  return observation === undefined ? failureOf(answer, Date.now()) : { kind: 'Found', observation };
}

/** With a resource version it deletes only that version; else the answer is the refusal `Modified`. */
export async function deleteOperation(
  client: ClusterClient,
  { name, namespace, uid, resourceVersion }: Place & { uid?: string | undefined; resourceVersion?: string | undefined },
  limits: CallLimits,
): Promise<ClusterAnswer> {
  const resource = { apiVersion: groupVersion, kind: 'Operation', metadata: { name, namespace } };
  const preconditions = {
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
  const options =
    uid === undefined && resourceVersion === undefined
      ? undefined
      : { apiVersion: 'v1', kind: 'DeleteOptions', preconditions };
  const kubernetes = kubernetesClientOver(client, limits);
  const answer = await kubernetes.run((api) =>
    api.delete(resource, undefined, undefined, undefined, undefined, undefined, options),
  );
  if (!('status' in answer)) return answer;
  if (answer.status >= 300) return readOrDeleteFailure(answer, uid !== undefined, Date.now());
  return jsonOf(answer.text) === undefined ? failureOf(answer, Date.now()) : { kind: 'Deleted' };
}

/** Kubernetes' client over ours. `run` returns the answer as it came over the wire, or why none came. */
function kubernetesClientOver(client: ClusterClient, limits: CallLimits) {
  let last: HttpAnswer | undefined;
  const httpApi = wrapHttpLibrary({
    async send(request) {
      const method = request.getHttpMethod();
      const body = request.getBody();
      last = await client.call(
        {
          method: method === 'PATCH' || method === 'DELETE' ? method : 'GET',
          path: request.getUrl().slice(client.server.length),
          headers: request.getHeaders(),
          body: typeof body === 'string' ? body : undefined,
        } satisfies Request,
        limits,
      );
      const text = last.text;
      return new ResponseContext(
        last.status,
        { 'content-type': 'application/json' },
        {
          text: async () => text,
          binary: async () => Buffer.from(text),
          stream: () => null,
        },
      );
    },
  });
  const api = new OperationsApi(
    createConfiguration({ baseServer: new ServerConfiguration(client.server, {}), httpApi }),
  );
  return {
    async run(call: (api: KubernetesObjectApi) => Promise<unknown>) {
      try {
        await call(api);
      } catch (error) {
        if (last === undefined) return unreachable(error);
      }
      return last ?? unreachable(undefined);
    },
  };
}
