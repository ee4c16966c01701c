// From a request's body to an object: media types, kind and version, the types of metadata, unknown fields.

import { parse } from 'yaml';
import type { Json, JsonObject } from './json.ts';
import { at, isObject, objectAt, parseJson, text } from './json.ts';
import type { ResourceType } from './registry.ts';
import { badRequest, failure, invalid, unsupportedMediaType } from './status.ts';
import { prune } from './validate.ts';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export interface WriteOptions {
  readonly manager: string;
  readonly dryRun: boolean;
  readonly validation: FieldValidation;
  readonly warn: (warning: string) => void;
  readonly subresource: '' | 'status';
}

const BODY_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

const mediaTypeOf = (contentType: string): string => (contentType.split(';')[0] ?? '').trim().toLowerCase();

export function parseYaml(body: string, prefix: string): Json {
  try {
    return parseJson(body);
  } catch {
    // YAML is what the media type says; JSON is only its commonest form.
  }
  try {
    return parse(body) as Json;
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
    throw badRequest(`${prefix}error converting YAML to JSON: yaml: ${why}`);
  }
}

/** The object in a POST or PUT. Throws 415 for other media types, 400 for what is no object of the type. */
export function decodeBody(type: ResourceType, body: string, contentType: string): JsonObject {
  const media = mediaTypeOf(contentType) || 'application/json';
  if (media !== 'application/json' && media !== 'application/yaml') throw unsupportedMediaType(BODY_TYPES);
  const unrecognized = (why: string): Error =>
    badRequest(`the object provided is unrecognized (must be of type ${type.kind}): ${why}`);
  let value: Json;
  try {
    value = media === 'application/yaml' ? parseYaml(body, '') : parseJson(body);
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    throw unrecognized(
      `couldn't get version/kind; json parse error: ${why} (${Buffer.from(body.slice(0, 64)).toString('hex')})`,
    );
  }
  if (!isObject(value))
    throw unrecognized(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value`,
    );
  for (const [field, name] of [
    ['kind', 'Kind'],
    ['apiVersion', 'apiVersion'],
  ] as const) {
    if (text(value, field) === '')
      throw unrecognized(`Object '${name}' is missing in '${body.slice(0, 256)}' (${body.slice(0, 256)})`);
  }
  if (text(value, 'apiVersion') !== type.apiVersion) {
    throw badRequest(
      `the API version in the data (${text(value, 'apiVersion')}) does not match the expected API version (${type.apiVersion})`,
    );
  }
  if (text(value, 'kind') !== type.kind) {
    const message = `Invalid value: ${JSON.stringify(text(value, 'kind'))}: must be ${type.kind}`;
    throw invalid(type.group, text(value, 'kind'), text(value, 'metadata', 'name'), [
      { reason: 'FieldValueInvalid', message, field: 'kind' },
    ]);
  }
  checkMetadata(type, value);
  return value;
}

const goType = (value: Json): string =>
  isObject(value) ? 'object' : Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;

/** Metadata is typed even where the rest is not: a label that is no string is a 400. */
export function checkMetadata(type: ResourceType, object: JsonObject): void {
  const fail = (value: Json, field: string, wanted: string): never => {
    throw badRequest(
      `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: json: cannot unmarshal ${goType(value)} into Go struct field ${field} of type ${wanted}`,
    );
  };
  const metadata = at(object, 'metadata') ?? null;
  if (metadata !== null && !isObject(metadata)) fail(metadata, `${type.kind}.metadata`, 'v1.ObjectMeta');
  for (const key of ['name', 'namespace', 'uid', 'resourceVersion', 'generateName']) {
    const value = at(metadata, key) ?? null;
    if (value !== null && typeof value !== 'string') fail(value, `ObjectMeta.${key}`, 'string');
  }
  for (const key of ['labels', 'annotations']) {
    const map = at(metadata, key) ?? null;
    if (map !== null && !isObject(map)) fail(map, `ObjectMeta.${key}`, 'map[string]string');
    for (const value of Object.values(objectAt(metadata, key))) {
      if (typeof value !== 'string') fail(value, `ObjectMeta.${key}`, 'string');
    }
  }
  const finalizers = at(metadata, 'finalizers') ?? [];
  if (!Array.isArray(finalizers)) fail(finalizers, 'ObjectMeta.finalizers', '[]string');
}

/** The object without unknown fields; these are a 400, a warning or nothing, as fieldValidation says. */
export function dropUnknown(type: ResourceType, object: JsonObject, options: WriteOptions, patch: boolean): JsonObject {
  const { object: kept, dropped } = prune(type.schema, object);
  if (dropped.length === 0 || options.validation === 'Ignore') return kept;
  const warnings = dropped.map((path) => `unknown field "${path}"`);
  if (options.validation === 'Strict') {
    const why = `strict decoding error: ${warnings.join(', ')}`;
    if (!patch)
      throw badRequest(`${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: ${why}`);
    const message = `Invalid value: ${JSON.stringify(JSON.stringify(object))}: ${why}`;
    throw failure(422, 'Invalid', ` "" is invalid: patch: ${message}`, {
      causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }],
    });
  }
  for (const warning of warnings) options.warn(warning);
  return kept;
}
