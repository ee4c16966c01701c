// Kubernetes' rules for names, labels and annotations, with the wording of the real validation errors.

import type { JsonObject } from './json.ts';
import { objectAt, text } from './json.ts';
import type { Cause } from './status.ts';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const KEY_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const ANNOTATIONS_BYTES = 256 * 1024;

const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const KEY_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const wrong = (field: string, value: string, why: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
  field,
});

export function nameCauses(name: string, field: string, asLabel: boolean): Cause[] {
  const causes: Cause[] = [];
  const limit = asLabel ? 63 : 253;
  if (name.length > limit) causes.push(wrong(field, name, `must be no more than ${limit} characters`));
  if (asLabel ? !LABEL.test(name) : !SUBDOMAIN.test(name)) {
    causes.push(wrong(field, name, asLabel ? LABEL_TEXT : SUBDOMAIN_TEXT));
  }
  return causes;
}

function keyCauses(key: string, field: string): Cause[] {
  const slash = key.lastIndexOf('/');
  const [prefix, name] = slash < 0 ? [undefined, key] : [key.slice(0, slash), key.slice(slash + 1)];
  const causes: Cause[] = [];
  if (prefix === '') causes.push(wrong(field, key, 'prefix part must be non-empty'));
  else if (prefix !== undefined && !SUBDOMAIN.test(prefix))
    causes.push(wrong(field, key, `prefix part ${SUBDOMAIN_TEXT}`));
  if (name === '') causes.push(wrong(field, key, 'name part must be non-empty'));
  else if (name.length > 63) causes.push(wrong(field, key, 'name part must be no more than 63 characters'));
  if (!KEY_NAME.test(name)) causes.push(wrong(field, key, KEY_TEXT));
  return causes;
}

/** Everything wrong with labels, annotations and finalizers of an object. */
export function metadataCauses(object: JsonObject): Cause[] {
  const causes: Cause[] = [];
  for (const key of Object.keys(objectAt(object, 'metadata', 'labels'))) {
    const value = text(object, 'metadata', 'labels', key);
    causes.push(...keyCauses(key, 'metadata.labels'));
    if (value.length > 63) causes.push(wrong('metadata.labels', value, 'must be no more than 63 characters'));
    if (!LABEL_VALUE.test(value)) causes.push(wrong('metadata.labels', value, VALUE_TEXT));
  }
  let bytes = 0;
  for (const [key, value] of Object.entries(objectAt(object, 'metadata', 'annotations'))) {
    causes.push(...keyCauses(key.toLowerCase(), 'metadata.annotations'));
    bytes += Buffer.byteLength(key) + (typeof value === 'string' ? Buffer.byteLength(value) : 0);
  }
  if (bytes > ANNOTATIONS_BYTES) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${ANNOTATIONS_BYTES} bytes`,
      field: 'metadata.annotations',
    });
  }
  return causes;
}
