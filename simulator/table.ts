// Rows and columns for `kubectl get`: an object or list rendered as meta.k8s.io/v1 Table by the printer columns.

import type { Json, JsonObject } from './json.ts';
import { isObject, listAt, objectAt, text } from './json.ts';
import type { Column, ResourceType } from './registry.ts';

const NAME_TEXT =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names';

/** Ages as kubectl shows them: 45s, 3m20s, 12m, 2h5m, 5h, 3d. */
function ageOf(instant: string): string {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(instant)) / 1000));
  if (Number.isNaN(seconds)) return '<invalid>';
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)];
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  if (days < 8) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
  return `${days}d`;
}

/** The JSONPath subset of printer columns: `.a.b` and `.list[?(@.type=="X")].field`. */
function select(object: Json, path: string): Json | undefined {
  const filter = /^(.*)\[\?\(@\.(\w+)=="([^"]*)"\)\]\.(.+)$/.exec(path);
  const keys = (part: string): string[] => part.split('.').filter((key) => key !== '');
  if (filter !== null) {
    const [, list = '', key = '', wanted = '', field = ''] = filter;
    const found = listAt(object, ...keys(list)).find((item) => text(item, key) === wanted);
    return found === undefined ? undefined : select(found, `.${field}`);
  }
  let here: Json | undefined = object;
  for (const key of keys(path)) here = isObject(here) ? here[key] : undefined;
  return here;
}

function cell(column: Column, object: JsonObject): Json {
  const value = select(object, column.path);
  if (value === undefined || value === null) return null;
  if (column.type === 'date') return typeof value === 'string' ? ageOf(value) : '<invalid>';
  if (typeof value === 'string') return value;
  if (column.type === 'integer' || column.type === 'number' || column.type === 'boolean') return value;
  return JSON.stringify(value);
}

export const partial = (object: JsonObject): JsonObject => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: objectAt(object, 'metadata'),
});

export type IncludeObject = 'None' | 'Metadata' | 'Object';

export function tableOf(
  type: ResourceType,
  objects: readonly JsonObject[],
  metadata: JsonObject,
  include: IncludeObject,
  withColumns = true,
): JsonObject {
  const columns: Json[] = [
    { name: 'Name', type: 'string', format: 'name', description: NAME_TEXT, priority: 0 },
    ...type.columns.map(({ name, type: columnType, format, description, priority }) => ({
      name,
      type: columnType,
      format,
      description,
      priority,
    })),
  ];
  const rows: Json[] = objects.map((object) => ({
    cells: [text(object, 'metadata', 'name'), ...type.columns.map((column) => cell(column, object))],
    object: include === 'None' ? null : include === 'Object' ? object : partial(object),
  }));
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withColumns ? columns : null,
    rows,
  };
}
