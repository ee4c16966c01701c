// Label and field selectors of list, watch and deletecollection.

import type { JsonObject } from './json.ts';
import { objectAt, text } from './json.ts';
import { badRequest } from './status.ts';

export type Selector = (object: JsonObject) => boolean;

const KEY = '([A-Za-z0-9./_-]+)';
const SET = new RegExp(String.raw`^${KEY}\s+(in|notin)\s*\(([^()]*)\)$`);
const EQUALITY = new RegExp(String.raw`^${KEY}\s*(==|=|!=)\s*([A-Za-z0-9._-]*)$`);
const EXISTS = new RegExp(String.raw`^(!?)\s*${KEY}$`);

/** Splits at commas outside parentheses. */
function requirements(selector: string): readonly string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function requirement(part: string): Selector {
  const labelOf = (object: JsonObject, key: string): string | undefined => {
    const labels = objectAt(object, 'metadata', 'labels');
    return Object.hasOwn(labels, key) ? text(labels, key) : undefined;
  };
  const set = SET.exec(part);
  if (set !== null) {
    const [, key = '', operator = '', list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (object) => {
      const value = labelOf(object, key);
      const inside = value !== undefined && values.includes(value);
      return operator === 'in' ? inside : !inside;
    };
  }
  const equality = EQUALITY.exec(part);
  if (equality !== null) {
    const [, key = '', operator = '', wanted = ''] = equality;
    return (object) => (labelOf(object, key) === wanted) !== (operator === '!=');
  }
  const exists = EXISTS.exec(part);
  if (exists !== null) {
    const [, not = '', key = ''] = exists;
    return (object) => (labelOf(object, key) !== undefined) === (not === '');
  }
  if (/\(/.test(part) && !/\)/.test(part))
    throw badRequest("unable to parse requirement: found '', expected: ',', ')' or identifier");
  throw badRequest(`unable to parse requirement: found '${part}', expected: in, notin, =, ==, !=, gt, lt`);
}

export function labelSelector(selector: string): Selector {
  const all = requirements(selector).map(requirement);
  return (object) => all.every((fits) => fits(object));
}

/** Custom resources can be selected by metadata.name and metadata.namespace only, as on a real server. */
export function fieldSelector(selector: string, extra: readonly string[] = []): Selector {
  const all = requirements(selector).map((part): Selector => {
    const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(part);
    if (match === null) throw badRequest(`invalid selector: '${selector}'; can't understand '${part}'`);
    const [, field = '', operator = '', value = ''] = match;
    if (field !== 'metadata.name' && field !== 'metadata.namespace' && !extra.includes(field)) {
      throw badRequest(`field label not supported: ${field}`);
    }
    return (object) => (text(object, ...field.split('.')) === value) !== (operator === '!=');
  });
  return (object) => all.every((fits) => fits(object));
}
