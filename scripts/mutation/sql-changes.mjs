/** The small changes that a text in SQL can suffer: conditions turned round, bounds moved, an order or a lock that is missing. */

const statement = /\b(?:select|insert into|update|delete from|order by|where|is (?:not )?null|exists|values|set)\b/;

/** Whether a string of this file is SQL, or a part of it. */
export function looksLikeSql(file, words) {
  return file.includes('/src/postgres/') && words.includes(' ') && statement.test(words);
}

const changes = [
  [/\bis null\b/g, 'is not null'],
  [/\bis not null\b/g, 'is null'],
  [/\bis distinct from\b/g, 'is not distinct from'],
  [/\bnot exists\b/g, 'exists'],
  [/(?<!\b(?:not|if) )\bexists\b/g, 'not exists'],
  [/(?<!\bbetween \S+ )\band\b/g, 'or'],
  [/(?<!\bcreate )\bor\b/g, 'and'],
  [/(?<= )<=(?= )/g, '<'],
  [/(?<= )<(?= )/g, '<='],
  [/(?<= )>=(?= )/g, '>'],
  [/(?<= )>(?= )/g, '>='],
  [/(?<= )=(?= )/g, '<>', (before) => lastClause(before) !== 'set'],
  [/(?<= )<>(?= )/g, '='],
  [/\bdesc\b/g, 'asc'],
  [/\bleft join\b/g, 'join'],
  [/ for (?:no key )?update(?: of \w+)?(?: skip locked| nowait)?/g, ''],
  [/ for (?:key )?share(?: of \w+)?(?: skip locked| nowait)?/g, ''],
  [/ skip locked\b/g, ''],
  [/ limit (?:\$\d+|\$\{[^}]*\}|\d+)/g, ''],
  [/\bgreatest\(/g, 'least('],
  [/\bleast\(/g, 'greatest('],
  [/\bmin\(/g, 'max('],
  [/\bmax\(/g, 'min('],
];

/** The bound of a comparison with the database's own clock, of microseconds: nobody can be there at that moment. */
const onItsClock = /^\s*(?:now|clock_timestamp)\(\)/;

/** Each change with its place in the text. What stands in `${…}` is code, and is not looked at here. */
export function sqlChanges(words) {
  const code = [...words.matchAll(/\$\{[^}]*\}/g)].map(({ index, 0: found }) => [index, index + found.length]);
  return changes.flatMap(([pattern, instead, holds = () => true]) =>
    [...words.matchAll(pattern)]
      .filter(({ index }) => !code.some(([from, to]) => index > from && index < to))
      .filter(({ index }) => holds(words.slice(0, index)))
      .filter(({ index, 0: found }) => !/^[<>]=?$/.test(found) || !onItsClock.test(words.slice(index + found.length)))
      .map(({ index, 0: found }) => ({ at: index, length: found.length, instead })),
  );
}

/** An equals sign in `set` assigns; anywhere else it compares. */
function lastClause(before) {
  return [...before.matchAll(/\b(?:set|where|on|and|or|when|having|select|filter)\b/g)].at(-1)?.[0];
}
