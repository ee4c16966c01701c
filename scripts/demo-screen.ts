/** What the demo shows: steps, requests, YAML, a progress line and tables, in colour where there is a terminal. */
import { styleText } from 'node:util';
import { stringify } from 'yaml';

const terminal = process.stdout.isTTY === true;
type Style = Parameters<typeof styleText>[0];

export function paint(style: Style, text: string): string {
  return terminal ? styleText(style, text) : text;
}

export function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

let steps = 0;
export function step(title: string): void {
  steps += 1;
  say(`\n${paint('bold', `${steps}. ${title}`)}`);
}

export function note(text: string): void {
  say(paint('dim', `   ${text}`));
}

export function request(method: string, path: string, body: unknown): void {
  say(`   ${paint('cyan', method)} ${path}`);
  if (body !== undefined) indented(stringify(body, { lineWidth: 110 }), 'dim');
}

export function answer(status: number, text: string): void {
  say(`   ${paint(status < 400 ? 'green' : 'red', `→ ${status}`)} ${text}`);
}

export function yaml(value: unknown): void {
  indented(stringify(value, { lineWidth: 110 }));
}

function indented(text: string, style?: Style): void {
  for (const line of text.trimEnd().split('\n')) say(`     ${style === undefined ? line : paint(style, line)}`);
}

/** A line that is written over in a terminal; elsewhere a new line each time that it says something new. */
export function progressLine(): { show(text: string): void; end(): void } {
  let shown = '';
  return {
    show(text) {
      if (text === shown) return;
      shown = text;
      if (terminal) process.stdout.write(`\r\u001b[K   ${text}`);
      else say(`   ${text}`);
    },
    end() {
      if (terminal && shown !== '') say();
    },
  };
}

export function bar(done: number, total: number, width = 30): string {
  const filled = total === 0 ? 0 : Math.round((done / total) * width);
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${done}/${total}`;
}

export function table(rows: readonly Readonly<Record<string, string>>[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `   ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd();
  say(paint('dim', line(columns.map((column) => column.toUpperCase()))));
  for (const row of rows) say(line(columns.map((column) => row[column] ?? '')));
}
