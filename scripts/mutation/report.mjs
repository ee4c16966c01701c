/** What a run found, to be read by people: the score by floor, and each change that no test noticed. */
import { brief, isRule } from './draw.mjs';

export function report(judged, { seed, minutes }) {
  const floors = [
    ['rules', judged.filter(({ path }) => isRule(path))],
    ['elsewhere', judged.filter(({ path }) => !isRule(path))],
  ];
  const green = judged
    .filter(({ by }) => by === undefined)
    .sort((a, b) => a.path.localeCompare(b.path) || a.line - b.line);
  const lines = green.map(({ path, line, was, instead, whole, ran, candidates }) =>
    [
      `  ${path}:${line}`,
      `      ${whole}`,
      `      ${shown(was)}  →  ${shown(instead)}   (${ran} of ${candidates} test files that execute it ran)`,
    ].join('\n'),
  );
  const scores = floors.map(([name, changes]) => {
    const caught = changes.filter(({ by }) => by !== undefined).length;
    const percent = changes.length === 0 ? '–' : `${((100 * caught) / changes.length).toFixed(1)} %`;
    return `  ${name.padEnd(10)} ${percent.padStart(8)}   ${caught} of ${changes.length} changes turn a test red`;
  });
  return [
    '',
    green.length === 0 ? 'No change stayed green.' : `Stayed green (${green.length}):`,
    ...lines,
    '',
    ...scores,
    '',
    `  seed ${seed}, ${minutes.toFixed(1)} minutes`,
    '',
  ].join('\n');
}

const shown = (text) => {
  const words = brief(text);
  if (words === '') return '(nothing)';
  return words.length > 100 ? `${words.slice(0, 97)}…` : words;
};
