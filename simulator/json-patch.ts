// JSON patch (RFC 6902): add, remove, replace, move, copy, test. Any operation that cannot be carried out refuses the
// whole patch with the API server's 422.

import type { Json } from './json.ts';
import { clone, equal, isObject, text } from './json.ts';
import { badRequest, failure } from './status.ts';

const rejected = (): Error =>
  failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {});

const segments = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

function read(root: Json, path: readonly string[]): Json {
  let here: Json = root;
  for (const key of path) {
    const next: Json | undefined = Array.isArray(here)
      ? here[Number(key)]
      : isObject(here) && Object.hasOwn(here, key)
        ? here[key]
        : undefined;
    if (next === undefined) throw rejected();
    here = next;
  }
  return here;
}

function write(root: Json, path: readonly string[], value: Json, how: 'add' | 'replace'): Json {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = read(root, path.slice(0, -1));
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    if (!Number.isInteger(index) || index < 0 || index > parent.length) throw rejected();
    parent.splice(index, how === 'replace' ? 1 : 0, value);
  } else if (isObject(parent)) {
    if (how === 'replace' && !Object.hasOwn(parent, last)) throw rejected();
    parent[last] = value;
  } else throw rejected();
  return root;
}

function drop(root: Json, path: readonly string[]): Json {
  const last = path.at(-1);
  read(root, path);
  const parent = read(root, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (isObject(parent) && last !== undefined) delete parent[last];
  return root;
}

export function patched(object: Json, operations: Json): Json {
  if (!Array.isArray(operations))
    throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  let root = clone(object);
  for (const operation of operations) {
    const path = segments(text(operation, 'path'));
    const from = segments(text(operation, 'from'));
    const value = isObject(operation) ? operation.value : undefined;
    switch (text(operation, 'op')) {
      case 'add':
        root = write(root, path, value ?? null, 'add');
        break;
      case 'replace':
        root = write(root, path, value ?? null, 'replace');
        break;
      case 'remove':
        root = drop(root, path);
        break;
      case 'test':
        if (!equal(read(root, path), value ?? null)) throw rejected();
        break;
      case 'copy':
        root = write(root, path, clone(read(root, from)), 'add');
        break;
      case 'move': {
        const moved = clone(read(root, from));
        root = write(drop(root, from), path, moved, 'add');
        break;
      }
      default:
        throw rejected();
    }
  }
  return root;
}
