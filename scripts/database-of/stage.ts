/** What the story acts on: the API with the keys of its people, three simulated clusters, and what was made so far. */
import type { SimulatedCluster } from '../../simulator/index.ts';
import type { Answer, Client } from '../../test/support/client.ts';

export type ClusterName = 'cluster-prod-1' | 'cluster-prod-2' | 'cluster-acme';
export type KeyName = 'admin' | 'acme' | 'revoked' | 'expired';

export interface Repeatable {
  readonly as: 'admin' | 'acme';
  readonly path: string;
  readonly key: string;
  readonly body: unknown;
  readonly status: number;
  readonly answer: unknown;
}

export interface Stage {
  readonly url: string;
  readonly admin: Client;
  readonly acme: () => Client;
  readonly clusters: Readonly<Record<ClusterName, SimulatedCluster>>;
  /** The POST paths of this version. */
  readonly posts: readonly string[];
  readonly keys: Map<KeyName, string>;
  /** Ids by the names that the story gives. */
  readonly ids: Map<string, string>;
  readonly tokens: Map<ClusterName, string>;
  readonly access: Record<string, { server: string; token: string }>;
  readonly repeatable: Repeatable[];
}

/** The answer's body; a refusal ends the story. */
export async function accepted(answer: Promise<Answer>): Promise<Answer['body']> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body;
}

type Named = { readonly name: string } & Readonly<Record<string, unknown>>;

/** Makes a resource and keeps its id by its name. */
export async function make(stage: Stage, api: Client, path: string, body: Named, name = body.name) {
  const made = await accepted(api.post(path, body));
  stage.ids.set(name, made.id);
  return made;
}

export function idOf({ ids }: Stage, name: string): string {
  const id = ids.get(name);
  if (id === undefined) throw new Error(`The story has made no ${name}.`);
  return id;
}

/** A backup or restore that is asked for; its Operation, with its id kept by its name. */
export async function ask(stage: Stage, api: Client, application: string, name: string, more: object = {}) {
  const body = { applicationInstanceId: idOf(stage, application), type: 'Backup', name, ...more };
  const { operation } = await accepted(api.post('/v1/operations', body, { 'X-On-Behalf-Of': 'Ada Lovelace' }));
  stage.ids.set(name, operation.id);
  return operation;
}
