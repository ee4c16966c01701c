/**
 * Simplifies the schemas of the document. zod gives each named schema twice, as `<Name>Input` and `<Name>`. The former
 * is kept under the plain name: it is strict for requests, and leaves answers open for later fields.
 */
import type { Document, Json } from './types.ts';

const prefix = '#/components/schemas/';

export function plainSchemas(document: Document): Document {
  const given = document.components.schemas;
  const inputs = Object.entries(given).filter(
    ([name]) => name.endsWith('Input') && Object.hasOwn(given, name.slice(0, -5)),
  );
  const schemas: Json = Object.fromEntries(inputs.map(([name, schema]) => [name.slice(0, -5), schema]));
  const named = (ref: string) => ref.replace(/Input$/, '');
  const plain = (value: unknown): unknown => mapped(value, (node) => plainNode(node, named, schemas));
  // The result is a document again, because no key that makes it one is touched.
  return plain({ ...document, components: { ...document.components, schemas } }) as Document;
}

function plainNode(node: Json, named: (ref: string) => string, schemas: Json): Json {
  if (typeof node.$ref === 'string') return { $ref: named(node.$ref) };
  const { pattern, allOf, 'x-default': documented, ...plain } = node;
  const rest = documented === undefined ? plain : { ...plain, default: documented };
  const only = Array.isArray(allOf) && allOf.length === 1 ? (allOf[0] as { $ref?: string }).$ref : undefined;
  if (only !== undefined) {
    const ref = named(only);
    if (Object.keys(rest).length === 0) return { $ref: ref };
    // Beside a reference `nullable` has no effect in OpenAPI 3.0.3, so a nullable schema is written out.
    if (rest.nullable === true)
      return plainNode({ ...Object(schemas[ref.slice(prefix.length)]), ...rest }, named, schemas);
    return { ...rest, allOf: [{ $ref: ref }] };
  }
  const formatted = rest.format === 'uuid' || rest.format === 'date-time';
  return {
    ...rest,
    ...(rest.type === 'integer' && { format: integerFormat(rest) }),
    ...(Array.isArray(allOf) && { allOf }),
    ...(typeof pattern === 'string' && !formatted && { pattern: portable(pattern) }),
  };
}

/** Some languages read an integer without a format into 32 bits, whatever its bounds are. */
function integerFormat({ maximum }: Json): 'int32' | 'int64' {
  return typeof maximum === 'number' && maximum <= 2 ** 31 - 1 ? 'int32' : 'int64';
}

/** The pattern without Unicode classes, which the regular expressions of some languages do not know. */
function portable(pattern: string): string {
  return pattern.replaceAll(String.raw`\p{Cc}`, String.raw`\u0000-\u001f\u007f-\u009f`);
}

/** Applies `change` to every object of a value, from the leaves up. */
export function mapped(value: unknown, change: (node: Json) => Json): unknown {
  if (Array.isArray(value)) return value.map((each) => mapped(each, change));
  if (typeof value !== 'object' || value === null) return value;
  return change(Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapped(each, change)])));
}

/** The document with only the components that it uses, directly or through others, ordered by name. */
export function onlyUsed(document: Document): Document {
  const { components } = document;
  const used = new Set<string>();
  const open: unknown[] = [document.paths];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const ref of refsIn(at)) {
      if (used.has(ref)) continue;
      used.add(ref);
      open.push(
        ref
          .split('/')
          .slice(1)
          .reduce<unknown>((at, key) => Reflect.get(Object(at), key), document),
      );
    }
  }
  const kept = (kind: 'schemas' | 'responses' | 'headers') =>
    Object.fromEntries(
      Object.entries<unknown>(components[kind])
        .filter(([name]) => used.has(`#/components/${kind}/${name}`))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  return {
    ...document,
    components: { ...components, schemas: kept('schemas'), responses: kept('responses'), headers: kept('headers') },
  } as Document;
}

export function refsIn(value: unknown): string[] {
  const found: string[] = [];
  mapped(value, (node) => {
    if (typeof node.$ref === 'string') found.push(node.$ref);
    return node;
  });
  return found;
}
