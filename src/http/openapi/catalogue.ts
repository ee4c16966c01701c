/** Writes the catalogue into the document: the reasons of events and conditions, as their subjects declare them. */
import { conditions, events } from '../../core/catalogue.ts';
import type { Document, Json } from './types.ts';

const eventReasons = Object.entries(events)
  .map(([reason, { type, text }]) => `\n- ${reason} (${type === 'Either' ? 'Normal or Warning' : type}): ${text}`)
  .join('');

function conditionsOf(of: 'Operation' | 'Cluster' | 'Schedule'): string {
  return Object.entries(conditions)
    .filter(([, row]) => row.of === of)
    .map(([type, { text, reasons }]) => {
      const listed = Object.entries(reasons).map(([reason, meaning]) => `${reason} (${meaning.replace(/\.$/, '')})`);
      return `\n- ${type}: ${text} Reasons: ${listed.join(', ')}.`;
    })
    .join('');
}

/** Texts that are appended to descriptions, by schema and property. */
const additions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Event: {
    reason: `${eventReasons}\n\nAny other reason is the type of a condition, or a phase, that the cluster states.`,
  },
  Operation: { conditions: conditionsOf('Operation') },
  Schedule: { conditions: conditionsOf('Schedule') },
  Cluster: { conditions: conditionsOf('Cluster') },
  ClusterStatus: { conditions: conditionsOf('Cluster') },
};

export function withCatalogue(document: Document): Document {
  const schemas = Object.fromEntries(
    Object.entries(document.components.schemas).map(([name, schema]) => [name, added(schema, additions[name])]),
  );
  return { ...document, components: { ...document.components, schemas } };
}

function added(schema: Json, texts: Readonly<Record<string, string>> | undefined): Json {
  if (texts === undefined) return schema;
  const properties: Json = { ...Object(schema.properties) };
  for (const [key, text] of Object.entries(texts)) {
    const property: Json = { ...Object(properties[key]) };
    const before = typeof property.description === 'string' ? `${property.description}\n` : '';
    properties[key] = { ...property, description: before + text };
  }
  return { ...schema, properties };
}
