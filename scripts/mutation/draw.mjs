/** Draws changes: half of them in rules, each of another line, all of which compile. The same seed draws the same. */
import { readFileSync } from 'node:fs';
import { changesOf } from './changes.mjs';

/** Words and data only, and what is no part of the service. */
const left = [/\/http\/openapi\/examples/, /\/generated\//, /\/migrations\//];
export const isRule = (path) => /^src\/core\/[^/]+\/rules\//.test(path);

export function readEquivalents() {
  const file = new URL('./equivalents.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}

export function draw(compiler, paths, { count, seed, equivalents, read }) {
  const random = randomFrom(seed);
  const pools = { rules: [], elsewhere: [] };
  for (const path of paths.filter((each) => !left.some((pattern) => pattern.test(each)))) {
    const text = read(path);
    const lines = new Map();
    for (const change of changesOf(compiler.parsed(path))) {
      const line = text.slice(0, change.start).split('\n').length;
      const made = { ...change, path, line, was: text.slice(change.start, change.end), whole: lineAt(text, change) };
      if (isEquivalent(equivalents, made)) continue;
      lines.set(line, [...(lines.get(line) ?? []), made]);
    }
    pools[isRule(path) ? 'rules' : 'elsewhere'].push(...lines.values());
  }
  const orders = { rules: shuffled(pools.rules), elsewhere: shuffled(pools.elsewhere) };
  const rules = drawn(orders.rules, Math.ceil(count / 2));
  const elsewhere = drawn(orders.elsewhere, count - rules.length);
  return [...rules, ...elsewhere, ...drawn(orders.rules, count - rules.length - elsewhere.length)];

  function drawn(order, wanted) {
    const found = [];
    while (found.length < wanted && order.length > 0) {
      const choice = shuffled(order.pop());
      const change = choice.find(({ path, start, end, instead }) => {
        const text = read(path);
        return compiler.compiles(path, text.slice(0, start) + instead + text.slice(end));
      });
      if (change !== undefined) found.push(change);
    }
    return found;
  }

  function shuffled(items) {
    const mixed = [...items];
    for (let at = mixed.length - 1; at > 0; at -= 1) {
      const other = Math.floor(random() * (at + 1));
      [mixed[at], mixed[other]] = [mixed[other], mixed[at]];
    }
    return mixed;
  }
}

/** By the file, the line's text and what stands there instead: it holds while the line is what it was. */
function isEquivalent(equivalents, { path, whole, was, instead }) {
  return equivalents.some(
    (each) => each.file === path && each.line === whole && each.was === brief(was) && each.instead === brief(instead),
  );
}

export const brief = (text) => text.replace(/\s+/g, ' ').trim();

function lineAt(text, { start }) {
  const from = text.lastIndexOf('\n', start) + 1;
  return text.slice(from, text.indexOf('\n', start)).trim();
}

/** Mulberry32: small, and the same everywhere. */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
