/**
 * The small changes that a line of source can suffer: another operator, a condition that always or never holds, another
 * constant, a statement or a step that is missing. One change is one place and what stands there instead.
 *
 * No change is made where nothing but words would differ: texts for readers, what is logged, types, imports. Nor in a
 * memory, a map that is emptied when it is full: what it forgets is computed again, so only the speed would differ.
 */
import { SyntaxKind } from 'typescript/unstable/ast';
import { looksLikeSql, sqlChanges } from './sql-changes.mjs';

const operators = new Map([
  [SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [SyntaxKind.LessThanToken, '<='],
  [SyntaxKind.LessThanEqualsToken, '<'],
  [SyntaxKind.GreaterThanToken, '>='],
  [SyntaxKind.GreaterThanEqualsToken, '>'],
  [SyntaxKind.AmpersandAmpersandToken, '||'],
  [SyntaxKind.BarBarToken, '&&'],
  [SyntaxKind.PlusToken, '-'],
  [SyntaxKind.MinusToken, '+'],
  [SyntaxKind.AsteriskToken, '/'],
  [SyntaxKind.SlashToken, '*'],
  [SyntaxKind.PercentToken, '*'],
  [SyntaxKind.PlusEqualsToken, '-='],
  [SyntaxKind.MinusEqualsToken, '+='],
]);
/** Steps of a chain that can be left out, and methods that have an opposite. */
const leftOut = new Set(
  'filter sort toSorted reverse toReversed slice trim toLowerCase toUpperCase min max regex refine default'.split(' '),
);
const opposites = new Map(
  Object.entries({ some: 'every', every: 'some', min: 'max', max: 'min', floor: 'ceil', ceil: 'floor' }).concat(
    Object.entries({ startsWith: 'endsWith', endsWith: 'startsWith', strictObject: 'object' }),
  ),
);
const wordsOnly = new Set(['describe', 'meta']);
const wordsOnlyProperties = new Set(['summary', 'description', 'example', 'examples', 'title', 'detail', 'advice']);
const emptied = /if \((\w+)\.size >= (\w+)\) \1\.clear\(\);/g;
const logs = /^(?:\w+\.)*(?:log|logger|console)\??\.\w+$/;

/** All changes of one parsed source, in the order of the text. */
export function changesOf(source) {
  const text = source.text;
  const found = [];
  const put = (start, end, instead) => {
    if (text.slice(start, end) !== instead) found.push({ start, end, instead });
  };
  const memories = new Set([...text.matchAll(emptied)].map(([, memory]) => memory));
  const sizes = new Set([...text.matchAll(emptied)].map(([, , size]) => size));
  const startOf = (node) => node.getStart(source);
  const textOf = (node) => text.slice(startOf(node), node.end);
  const replace = (node, instead) => put(startOf(node), node.end, instead);

  const isLog = ({ kind, expression }) => kind === SyntaxKind.ExpressionStatement && logs.test(calleeText(expression));
  /** Whether something is logged. A condition that calls something may have an effect of its own. */
  const saysOnly = ({ expression, thenStatement, elseStatement }) =>
    elseStatement === undefined && isLog(thenStatement) && !textOf(expression).includes('(');
  const isSkipped = (node) => {
    const { kind } = node;
    if (kind === SyntaxKind.ImportDeclaration || kind === SyntaxKind.ExportDeclaration) return true;
    if (kind === SyntaxKind.InterfaceDeclaration || kind === SyntaxKind.TypeAliasDeclaration) return true;
    if (kind >= SyntaxKind.FirstTypeNode && kind <= SyntaxKind.LastTypeNode) return true;
    if (kind === SyntaxKind.IfStatement && textOf(node).replace(emptied, '') === '') return true;
    if (kind === SyntaxKind.VariableDeclaration && sizes.has(textOf(node.name))) return true;
    if (kind === SyntaxKind.ExpressionStatement && isOfMemory(node.expression, 'set')) return true;
    if (kind === SyntaxKind.IfStatement && saysOnly(node)) return true;
    // What an error is called, for logs.
    if (kind === SyntaxKind.ExpressionStatement && /^this\.name = '\w+';?$/.test(textOf(node))) return true;
    if (kind === SyntaxKind.PropertyAssignment && wordsOnlyProperties.has(textOf(node.name))) return true;
    return kind === SyntaxKind.CallExpression && logs.test(textOf(node.expression));
  };

  const change = (node) => {
    switch (node.kind) {
      case SyntaxKind.BinaryExpression:
        return changeBinary(node);
      case SyntaxKind.IfStatement:
        return always(node.expression, ['true', 'false']);
      case SyntaxKind.ConditionalExpression:
        return always(node.condition, ['true', 'false']);
      case SyntaxKind.WhileStatement:
        return always(node.expression, ['false']);
      case SyntaxKind.PrefixUnaryExpression:
        if (node.operator === SyntaxKind.ExclamationToken || node.operator === SyntaxKind.MinusToken)
          replace(node, textOf(node.operand));
        return undefined;
      case SyntaxKind.TrueKeyword:
        return replace(node, 'false');
      case SyntaxKind.FalseKeyword:
        return replace(node, 'true');
      case SyntaxKind.NumericLiteral:
        return replace(node, anotherNumber(textOf(node)));
      case SyntaxKind.ExpressionStatement:
        if (!isLog(node)) replace(node, ';');
        return undefined;
      case SyntaxKind.ThrowStatement:
      case SyntaxKind.BreakStatement:
      case SyntaxKind.ContinueStatement:
        return replace(node, ';');
      case SyntaxKind.ReturnStatement:
        return node.expression === undefined ? replace(node, ';') : replace(node.expression, 'undefined');
      case SyntaxKind.ArrayLiteralExpression:
        return node.elements.length === 0 ? undefined : replace(node, '[]');
      case SyntaxKind.SpreadAssignment:
      case SyntaxKind.PropertyAssignment:
      case SyntaxKind.ShorthandPropertyAssignment:
        return leaveOut(node);
      case SyntaxKind.CallExpression:
        return changeCall(node);
      case SyntaxKind.StringLiteral:
      case SyntaxKind.NoSubstitutionTemplateLiteral:
      case SyntaxKind.TemplateExpression:
        return changeText(node);
      default:
        return undefined;
    }
  };

  const always = (condition, values) => {
    for (const value of values) replace(condition, value);
  };
  const changeBinary = (node) => {
    const { left, operatorToken, right } = node;
    if (operatorToken.kind === SyntaxKind.QuestionQuestionToken) {
      replace(node, textOf(left));
      if (!isOfMemory(left, 'get')) replace(node, textOf(right));
      return;
    }
    const other = operators.get(operatorToken.kind);
    if (other === undefined || (isBound(operatorToken) && (isClock(left) || isClock(right)))) return;
    replace(operatorToken, other);
  };
  /** Of a comparison with a clock that runs: nobody can be at the bound. */
  const isBound = ({ kind }) => kind >= SyntaxKind.LessThanToken && kind <= SyntaxKind.GreaterThanEqualsToken;
  const isClock = (node) => /\b(?:performance|Date)\.now\(\)/.test(textOf(node));
  const isOfMemory = (node, method) => {
    const [memory, called] = node.kind === SyntaxKind.CallExpression ? textOf(node.expression).split('.') : [];
    return memories.has(memory) && called === method;
  };
  /** The name under which a statement is prepared makes it quicker, and nothing else. */
  const isStatementName = (node) =>
    node.name !== undefined &&
    textOf(node.name) === 'name' &&
    node.parent.properties.some(({ name }) => name !== undefined && textOf(name) === 'text');
  /** With the comma behind it, so that what is left still parses. */
  const leaveOut = (node) => {
    if (isStatementName(node)) return;
    const comma = /^\s*,/.exec(text.slice(node.end));
    put(startOf(node), node.end + (comma?.[0].length ?? 0), '');
  };
  const changeCall = (node) => {
    const callee = node.expression;
    if (callee.kind !== SyntaxKind.PropertyAccessExpression) return;
    const name = textOf(callee.name);
    if (opposites.has(name)) replace(callee.name, opposites.get(name));
    if (leftOut.has(name) && textOf(callee.expression) !== 'Math') replace(node, textOf(callee.expression));
  };
  const changeText = (node) => {
    const words = textOf(node);
    if (!looksLikeSql(source.fileName, words)) return;
    for (const { at, length, instead } of sqlChanges(words))
      put(startOf(node) + at, startOf(node) + at + length, instead);
  };
  const calleeText = (expression) => {
    const call = expression.kind === SyntaxKind.AwaitExpression ? expression.expression : expression;
    return call.kind === SyntaxKind.CallExpression ? textOf(call.expression) : '';
  };

  const walk = (node) => {
    if (isSkipped(node)) return;
    // What is described goes on before the dot; the description itself is for readers.
    if (isDescription(node)) {
      walk(node.expression.expression);
      return;
    }
    change(node);
    node.forEachChild(walk);
  };
  const isDescription = ({ kind, expression }) =>
    kind === SyntaxKind.CallExpression &&
    expression.kind === SyntaxKind.PropertyAccessExpression &&
    wordsOnly.has(textOf(expression.name));
  source.forEachChild(walk);
  return found.sort((a, b) => a.start - b.start);
}

/** Small numbers are one more; large ones, which are limits and lengths of time, become nothing. */
function anotherNumber(literal) {
  const value = Number(literal.replaceAll('_', ''));
  return value <= 31 ? String(value + 1) : '0';
}
