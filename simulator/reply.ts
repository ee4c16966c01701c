// A request for a resource, and the answer to it: the values that reads and writes share.

import type { Message, Outgoing } from './exchange.ts';
import type { Target } from './faults.ts';
import type { JsonObject } from './json.ts';
import { text } from './json.ts';
import type { Form } from './negotiate.ts';
import type { User } from './rbac.ts';
import type { ResourceType } from './registry.ts';
import type { RequestInfo } from './request.ts';
import type { IncludeObject } from './table.ts';
import { partial, tableOf } from './table.ts';

export interface Reply {
  readonly code: number;
  readonly body?: JsonObject;
  readonly text?: string;
  readonly form?: Form;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

export interface ResourceRequest {
  readonly info: RequestInfo;
  readonly target: Target;
  /** Absent for reviews, which are answered and never stored. */
  readonly type: ResourceType | undefined;
  readonly user: User;
  readonly message: Message;
  readonly response: Outgoing;
  readonly body: string;
  readonly contentType: string;
}

export const includeOf = (query: URLSearchParams): IncludeObject => {
  const asked = query.get('includeObject');
  return asked === 'None' || asked === 'Object' ? asked : 'Metadata';
};

/** The object in the form that was asked for. */
export function rendered(type: ResourceType, object: JsonObject, form: Form, query: URLSearchParams): JsonObject {
  if (form.as === 'PartialObjectMetadata') return partial(object);
  if (form.as !== 'Table') return object;
  return tableOf(type, [object], { resourceVersion: text(object, 'metadata', 'resourceVersion') }, includeOf(query));
}
