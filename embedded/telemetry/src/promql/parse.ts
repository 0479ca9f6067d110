import { parser } from '@prometheus-io/lezer-promql';
import { aggregations } from './aggregations.js';
import { comparisons, setOperators } from './binary.js';
import { functions } from './functions.js';
import { createMatcher, parseDuration, parseNumber, parseText } from './literals.js';
import { type Expression, type Modifiers, PromqlError } from './types.js';

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

const levels = ['or', 'and unless', '== != >= > < <=', '+ -', '* / % atan2', '^'].map((line) => line.split(' '));
const levelOf = (operator: string): number => levels.findIndex((operators) => operators.includes(operator));
const maxDepth = 500;
const defaultStepMs = 60_000;
// What the grammar knows and Prometheus 2.42 does not.
const newer = /^(Quoted|Fill|Anchored|Smoothed|Trim|Duration(Step|Range|MinOf|MaxOf))/;

const refuse = (message: string, place = ''): never => {
  throw new PromqlError('bad_data', `${place}parse error: ${message}`);
};
const bare = (expression: Expression): Expression =>
  expression.kind === 'parentheses' ? bare(expression.of) : expression;

const negate = (of: Expression): Expression =>
  of.type === 'scalar' || of.type === 'vector'
    ? { kind: 'negation', type: of.type, of }
    : refuse('unary expression only allowed on expressions of type scalar or instant vector');

const binary = (operator: string, modifiers: Modifiers, left: Expression, right: Expression): Expression => {
  const { isBool, isOn, labels, group, include } = modifiers;
  const types = `${left.type} ${right.type}`;
  const isSet = setOperators.includes(operator);
  const mistakes = {
    'bool modifier can only be used on comparison operators': isBool && !(operator in comparisons),
    'comparisons between scalars must use BOOL modifier':
      !isBool && operator in comparisons && types === 'scalar scalar',
    'a label must not occur in ON and GROUP clause at once': isOn && labels.some((label) => include.includes(label)),
    'binary expression must contain only scalar and instant vector types': /range/.test(types),
    'vector matching only allowed between instant vectors': labels.length > 0 && types !== 'vector vector',
    'set operator not allowed in binary scalar expression': isSet && types !== 'vector vector',
    'no grouping allowed for set operations': isSet && group !== undefined,
  };
  for (const [message, isMade] of Object.entries(mistakes)) if (isMade) refuse(message);
  return { kind: 'binary', type: types === 'scalar scalar' ? 'scalar' : 'vector', operator, modifiers, left, right };
};

/**
 * The grammar is made for colours: to it `offset` and brackets apply to all of `a + b`, and `-1 ^ 2` is a power of
 * -1. So what comes after goes to the last operand, and an operator to that part of its left that binds less.
 */
const modify = (of: Expression, change: (last: Expression) => Expression): Expression => {
  if (of.kind === 'negation') return negate(modify(of.of, change));
  return of.kind === 'binary' ? binary(of.operator, of.modifiers, of.left, modify(of.right, change)) : change(of);
};
const combine = (operator: string, modifiers: Modifiers, left: Expression, right: Expression): Expression => {
  const isPower = operator === '^';
  if (left.kind === 'negation' && isPower) return negate(combine(operator, modifiers, left.of, right));
  if (left.kind === 'binary' && levelOf(left.operator) < levelOf(operator) + Number(isPower))
    return binary(left.operator, left.modifiers, left.left, combine(operator, modifiers, left.right, right));
  return binary(operator, modifiers, left, right);
};

/** Throws a PromqlError of type `bad_data` that says what is wrong or not supported. */
export const parsePromql = (text: string): Expression => {
  const textOf = (node: SyntaxNode | null | undefined): string => (node ? text.slice(node.from, node.to) : '');
  const child = (node: SyntaxNode | null, name: string): string => textOf(node?.getChild(name));
  const namesIn = (list: SyntaxNode | null | undefined): string[] => list?.getChildren('LabelName').map(textOf) ?? [];
  const read = (node: SyntaxNode): Expression => {
    const change = changes[node.name];
    if (change) return modify(readInner(node), (last) => change(last, node));
    return readers[node.name]?.(node) ?? refuse(`${textOf(node)} is not supported`);
  };
  const readInner = (node: SyntaxNode): Expression => read(node.getChild('Expr') ?? node);
  const argumentsOf = (node: SyntaxNode, name: string, takes: string | undefined): Expression[] => {
    if (takes === undefined) return refuse(`"${name}" is not supported`);
    const args = node.getChild('FunctionCallBody')?.getChildren('Expr').map(read).map(bare) ?? [];
    const types = args.map(({ type }) => type);
    if (new RegExp(`^${takes}$`).test(types.map((type) => type.charAt(0)).join(''))) return args;
    return refuse(`"${name}" does not take (${types.join(', ')})`);
  };

  const changes: Readonly<Record<string, (of: Expression, node: SyntaxNode) => Expression>> = {
    OffsetExpr(of, node) {
      if (of.kind !== 'selector' && of.kind !== 'subquery')
        return refuse('modifier must be preceded by a selector or a subquery');
      if (of.offset !== 0) refuse('offset may not be set multiple times');
      const [, sign, amount = ''] = /^(-?)\s*(.*)$/.exec(child(node, 'OffsetDurationExpr')) ?? [];
      return { ...of, offset: parseDuration(amount) * (sign ? -1 : 1) };
    },
    MatrixSelector(of, node) {
      if (of.kind !== 'selector' || of.type === 'range') return refuse('ranges only allowed for vector selectors');
      if (of.offset !== 0) return refuse('no offset modifiers allowed before range');
      return { ...of, type: 'range', range: parseDuration(child(node, 'DurationExpr')) };
    },
    SubqueryExpr(of, node) {
      if (of.type !== 'vector') return refuse(`subquery is only allowed on instant vector, got ${of.type} instead`);
      const [range = 0, step = defaultStepMs] = node.getChildren('DurationExpr').map(textOf).map(parseDuration);
      return { kind: 'subquery', type: 'range', of: bare(of), range, step, offset: 0 };
    },
  };
  const readers: Readonly<Record<string, (node: SyntaxNode) => Expression>> = {
    NumberDurationLiteral(node) {
      const [, sign, digits = ''] = /^([-+]?)\s*(.*)$/.exec(textOf(node)) ?? [];
      const number: Expression = { kind: 'number', type: 'scalar', value: parseNumber(digits) };
      return sign === '-' ? negate(number) : number;
    },
    ParenExpr(node) {
      const of = readInner(node);
      return { kind: 'parentheses', type: of.type, of };
    },
    UnaryExpr: (node) => (text.charAt(node.from) === '-' ? negate(readInner(node)) : readInner(node)),
    BinaryExpr(node) {
      const [left = node, right = node] = node.getChildren('Expr');
      const clause = node.getChild('MatchingModifierClause');
      const [labels = [], include = []] = clause?.getChildren('GroupingLabels').map(namesIn) ?? [];
      const group = clause?.getChild('GroupLeft') ? 'left' : clause?.getChild('GroupRight') ? 'right' : undefined;
      const isBool = node.getChild('BoolModifier') !== null;
      const modifiers = { isBool, isOn: child(clause, 'On') !== '', labels, group, include } as const;
      const [, operator = ''] = /^(?:\s|#.*)*([-+*/%^<>=!]=?|\w+)/.exec(text.slice(left.to)) ?? [];
      return combine(operator.toLowerCase(), modifiers, read(left), read(right));
    },
    VectorSelector(node) {
      const name = child(node, 'Identifier');
      const inBraces = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
      const matchers = inBraces.map((matcher) => {
        const text = parseText(child(matcher, 'StringLiteral'));
        return createMatcher(child(matcher, 'LabelName'), child(matcher, 'MatchOp'), text);
      });
      if (name && matchers.some((matcher) => matcher.name === '__name__')) refuse('metric name must not be set twice');
      if (name) matchers.push(createMatcher('__name__', '=', name));
      if (matchers.every(({ matches }) => matches('')))
        refuse('vector selector must contain at least one non-empty matcher');
      return { kind: 'selector', type: 'vector', matchers, range: 0, offset: 0 };
    },
    FunctionCall(node) {
      const name = child(node, 'FunctionIdentifier');
      const { takes, isScalar } = functions[name] ?? {};
      return { kind: 'call', type: isScalar ? 'scalar' : 'vector', name, args: argumentsOf(node, name, takes) };
    },
    AggregateExpr(node) {
      const operator = child(node, 'AggregateOp').toLowerCase();
      const modifier = node.getChild('AggregateModifier');
      const args = argumentsOf(node, operator, aggregations[operator]?.takes);
      const labels = namesIn(modifier?.getChild('GroupingLabels'));
      const isWithout = child(modifier, 'Without') !== '';
      return { kind: 'aggregation', type: 'vector', operator, isWithout, labels, args };
    },
  };

  const tree = parser.parse(text);
  let depth = 0;
  tree.iterate({
    enter({ type, from }) {
      const [before, after] = [text.slice(0, from), text.slice(from).trim() || 'end of input'];
      const lines = before.split('\n');
      const place = `${lines.length}:${(lines.at(-1) ?? '').length + 1}: `;
      const [called] = after.startsWith('(') ? (/[a-zA-Z_]\w*\s*$/.exec(before) ?? []) : [];
      if (type.isError) refuse(called ? `unknown function with name "${called}"` : `unexpected ${after}`, place);
      if (newer.test(type.name)) refuse(`${after} is not supported`, place);
      if (++depth > maxDepth) refuse('nested too deeply', place);
    },
    leave: () => void depth--,
  });
  return bare(readInner(tree.topNode));
};
