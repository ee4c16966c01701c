/**
 * Opens the enums of answers. A later version may add a value to most of them, and clients that were generated before
 * would then refuse the whole answer. So what an answer can contain is a string with the known values beside it
 * (`x-extensible-enum`). What only requests contain stays an enum: there a client chooses among the values.
 */
import { mapped, refsIn } from './schemas.ts';
import type { Document, Json } from './types.ts';

const prefix = '#/components/schemas/';

export function openAnswers(document: Document): Document {
  const { schemas } = document.components;
  const answered = namesIn(
    [document.components.responses, ...Object.values(document.paths).flatMap(Object.values).map(responsesOf)],
    schemas,
  );
  const opened = Object.entries(schemas).map(([name, schema]): [string, Json] => [
    name,
    answered.has(name) && schema.enum === undefined
      ? { ...Object(mapped(schema, (node) => open(node, schemas))) }
      : schema,
  ]);
  return { ...document, components: { ...document.components, schemas: Object.fromEntries(opened) } };
}

function responsesOf({ responses }: { readonly responses: unknown }): unknown {
  return responses;
}

/** The schemas that `roots` refer to, directly or through others. */
function namesIn(roots: readonly unknown[], schemas: Readonly<Record<string, Json>>): ReadonlySet<string> {
  const names = new Set<string>();
  const waiting: unknown[] = [...roots];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const ref of refsIn(at)) {
      const name = ref.slice(prefix.length);
      if (!ref.startsWith(prefix) || names.has(name)) continue;
      names.add(name);
      waiting.push(schemas[name]);
    }
  }
  return names;
}

function open(node: Json, schemas: Readonly<Record<string, Json>>): Json {
  const named = enumBehind(node, schemas);
  const { enum: values, allOf: _, $ref: _ref, ...rest } = named === undefined ? node : { ...named, ...node };
  if (named === undefined && !Array.isArray(values)) return node;
  const texts = [named?.description, node.description].filter((text) => typeof text === 'string');
  return {
    ...rest,
    type: 'string',
    ...(texts.length > 0 && { description: texts.join(' ') }),
    'x-extensible-enum': values,
  };
}

/** The enum that a node refers to, by itself or beside a description of its own. */
function enumBehind({ $ref, allOf }: Json, schemas: Readonly<Record<string, Json>>): Json | undefined {
  const [only] = Array.isArray(allOf) && allOf.length === 1 ? (allOf as readonly { $ref?: unknown }[]) : [{ $ref }];
  const schema = typeof only?.$ref === 'string' ? schemas[only.$ref.slice(prefix.length)] : undefined;
  return schema?.enum === undefined ? undefined : schema;
}
