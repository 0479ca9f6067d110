import { parser } from '@prometheus-io/lezer-promql';
import { aggregations } from './aggregations.js';
import { comparisons, setOperators } from './binary.js';
import { functions } from './functions.js';
import { createMatcher, parseDuration, parseNumber, parseText } from './literals.js';
import { type Expression, PromqlError, type Selector, type Subquery } from './types.js';

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];
/** Only a bare operand takes `offset`, `@` and a range; one in parentheses does not. */
type Operand = { operand: Expression; isBare: boolean };
/** In place of an operator stands its whole binary expression, in which its modifiers are found. */
type Item = Operand | { sign: string } | { operator: SyntaxNode };

const precedences = ['or', 'and unless', '== != >= > < <=', '+ -', '* / % atan2', '^'].map((line) => line.split(' '));
const powerLevel = 5;
const maxDepth = 500;
const defaultStepMs = 60_000;
// What the grammar knows and Prometheus 2.42 does not.
const newer = /^(Quoted|Fill|Anchored|Smoothed|Trim|Duration(Step|Range|MinOf|MaxOf))/;

/**
 * `timeScale` divides every duration in the text. Throws a PromqlError of type `bad_data` that says what is wrong and
 * where, or what is not supported.
 */
export const parsePromql = (text: string, timeScale = 1): Expression => {
  const fail = (at: number, message: string): never => {
    const lines = text.slice(0, at).split('\n');
    throw new PromqlError('bad_data', `${lines.length}:${(lines.at(-1) ?? '').length + 1}: parse error: ${message}`);
  };
  const textOf = (node: SyntaxNode | null | undefined): string => (node ? text.slice(node.from, node.to) : '');
  const textsIn = (node: SyntaxNode | null | undefined, name: string): string[] =>
    (node?.getChildren(name) ?? []).map(textOf);
  const scaled = (durationMs: number): number => Math.max(1, Math.round(durationMs / timeScale));
  const duration = (node: SyntaxNode | null | undefined): number => scaled(parseDuration(textOf(node)));

  /**
   * The grammar is made for colours: it binds `offset`, `@` and brackets looser than operators, and a sign closer than
   * `^`. So operators are taken in the order of the text and put together again by Prometheus' own precedences.
   */
  const read = (node: SyntaxNode): Expression => {
    const items = flatten(node);
    const climb = (lowest: number): Expression => {
      const item = items.shift();
      if (item === undefined || 'operator' in item) return fail(node.from, 'operand expected');
      let left = 'operand' in item ? item.operand : negate(node, item.sign, climb(powerLevel));
      for (let next = items[0]; next !== undefined && 'operator' in next; next = items[0]) {
        const operator = operatorOf(next.operator);
        const level = precedences.findIndex((operators) => operators.includes(operator));
        if (level < lowest) break;
        items.shift();
        left = combine(next.operator, operator, left, climb(level === powerLevel ? level : level + 1));
      }
      return left;
    };
    return climb(0);
  };
  const flatten = (node: SyntaxNode): Item[] => {
    const [first, second] = node.getChildren('Expr');
    const modify = modifiers[node.name];
    if (first && second && node.name === 'BinaryExpr')
      return [...flatten(first), { operator: node }, ...flatten(second)];
    if (first && node.name === 'UnaryExpr') return [{ sign: text.charAt(node.from) }, ...flatten(first)];
    if (first && modify) {
      const items = flatten(first);
      const last = items.pop();
      if (last === undefined || !('operand' in last)) return fail(node.from, 'operand expected');
      return [...items, { operand: modify(node, last), isBare: true }];
    }
    const sign = node.name === 'NumberDurationLiteral' ? /^[-+]/.exec(textOf(node))?.[0] : undefined;
    const operand = operands[node.name]?.(node) ?? fail(node.from, `${textOf(node)} is not supported`);
    return [...(sign ? [{ sign }] : []), { operand, isBare: node.name !== 'ParenExpr' }];
  };
  const operatorOf = (binary: SyntaxNode): string => {
    let node = binary.getChild('Expr')?.nextSibling;
    while (node?.name === 'LineComment') node = node.nextSibling;
    return textOf(node).toLowerCase();
  };
  const negate = (node: SyntaxNode, sign: string, of: Expression): Expression => {
    if (of.type !== 'scalar' && of.type !== 'vector')
      return fail(node.from, 'unary expression only allowed on expressions of type scalar or instant vector');
    return sign === '-' ? { kind: 'negation', type: of.type, of } : of;
  };
  const combine = (node: SyntaxNode, operator: string, left: Expression, right: Expression): Expression => {
    const isBool = node.getChild('BoolModifier') !== null;
    const clause = node.getChild('MatchingModifierClause');
    const [labels = [], include = []] = (clause?.getChildren('GroupingLabels') ?? []).map((list) =>
      textsIn(list, 'LabelName'),
    );
    const group = clause?.getChild('GroupLeft') ? 'left' : clause?.getChild('GroupRight') ? 'right' : undefined;
    const isOn = Boolean(clause?.getChild('On'));
    const types = `${left.type} ${right.type}`;
    const areVectors = types === 'vector vector';
    const mistakes: Readonly<Record<string, boolean>> = {
      'bool modifier can only be used on comparison operators': isBool && !(operator in comparisons),
      'comparisons between scalars must use BOOL modifier':
        operator in comparisons && !isBool && types === 'scalar scalar',
      'a label must not occur in ON and GROUP clause at once': isOn && labels.some((label) => include.includes(label)),
      'binary expression must contain only scalar and instant vector types': /text|range/.test(types),
      'vector matching only allowed between instant vectors': !areVectors && labels.length > 0,
      'set operators are not allowed in binary scalar expressions': operator in setOperators && !areVectors,
      'no grouping allowed for set operations': operator in setOperators && group !== undefined,
    };
    for (const [message, isMade] of Object.entries(mistakes)) if (isMade) fail(node.from, message);
    const type = types === 'scalar scalar' ? 'scalar' : 'vector';
    return { kind: 'binary', type, operator, left, right, isBool, matching: { isOn, labels, group, include } };
  };

  const shiftable = (node: SyntaxNode, { operand, isBare }: Operand): Selector | Subquery =>
    isBare && (operand.kind === 'selector' || operand.kind === 'subquery')
      ? operand
      : fail(
          node.from,
          'modifier must be preceded by an instant vector selector or range vector selector or a subquery',
        );
  const modifiers: Readonly<Record<string, (node: SyntaxNode, operand: Operand) => Expression>> = {
    OffsetExpr(node, last) {
      const operand = shiftable(node, last);
      if (operand.offset !== 0) fail(node.from, 'offset may not be set multiple times');
      const [, sign, amount = ''] = /^(-?)\s*(.*)$/.exec(textOf(node.getChild('OffsetDurationExpr'))) ?? [];
      return { ...operand, offset: scaled(parseDuration(amount)) * (sign ? -1 : 1) };
    },
    StepInvariantExpr(node, last) {
      const operand = shiftable(node, last);
      if (operand.at !== undefined) fail(node.from, '@ <timestamp> may not be set multiple times');
      const edge = textOf(node.getChild('AtModifierPreprocessors')).toLowerCase();
      if (edge === 'start' || edge === 'end') return { ...operand, at: edge };
      const at = Math.round(parseNumber(textOf(node.lastChild)) * 1_000);
      return Number.isFinite(at) ? { ...operand, at } : fail(node.from, 'timestamp out of bounds for @ modifier');
    },
    MatrixSelector(node, { operand, isBare }) {
      if (!isBare || operand.kind !== 'selector' || operand.type !== 'vector')
        return fail(node.from, 'ranges only allowed for vector selectors');
      if (operand.offset !== 0 || operand.at !== undefined)
        fail(node.from, 'no offset and @ modifiers allowed before range');
      return { ...operand, type: 'range', range: duration(node.getChild('DurationExpr')) };
    },
    SubqueryExpr(node, { operand }) {
      if (operand.type !== 'vector') fail(node.from, 'subquery is only allowed on instant vector');
      const [range, step] = node.getChildren('DurationExpr');
      const stepMs = step ? duration(step) : scaled(defaultStepMs);
      return {
        kind: 'subquery',
        type: 'range',
        of: operand,
        range: duration(range),
        step: stepMs,
        offset: 0,
        at: undefined,
      };
    },
  };

  const readArguments = (node: SyntaxNode, name: string, signature: string | undefined): Expression[] => {
    if (signature === undefined) return fail(node.from, `"${name}" is not supported`);
    const args = node.getChild('FunctionCallBody')?.getChildren('Expr').map(read) ?? [];
    const types = args.map(({ type }) => type);
    if (new RegExp(`^${signature}$`).test(types.map((type) => type.charAt(0)).join(''))) return args;
    return fail(node.from, `"${name}" does not take (${types.join(', ')})`);
  };
  const operands: Readonly<Record<string, (node: SyntaxNode) => Expression>> = {
    ParenExpr: (node) => read(node.getChild('Expr') ?? node),
    StringLiteral: (node) => ({ kind: 'string', type: 'text', value: parseText(textOf(node)) }),
    NumberDurationLiteral: (node) => ({
      kind: 'number',
      type: 'scalar',
      value: parseNumber(textOf(node).replace(/^[-+]/, '')),
    }),
    VectorSelector(node) {
      const name = textOf(node.getChild('Identifier'));
      const braces = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
      const matchers = braces.map((matcher) => {
        const [label = '', operator = '', value = ''] = ['LabelName', 'MatchOp', 'StringLiteral'].map((part) =>
          textOf(matcher.getChild(part)),
        );
        return createMatcher(label, operator, parseText(value));
      });
      if (name && matchers.some((matcher) => matcher.name === '__name__'))
        fail(node.from, 'metric name must not be set twice');
      if (name) matchers.push(createMatcher('__name__', '=', name));
      if (matchers.every(({ matches }) => matches('')))
        fail(node.from, 'vector selector must contain at least one non-empty matcher');
      return { kind: 'selector', type: 'vector', matchers, range: 0, offset: 0, at: undefined };
    },
    FunctionCall(node) {
      const name = textOf(node.getChild('FunctionIdentifier'));
      const known = functions[name];
      return {
        kind: 'call',
        type: known?.isScalar ? 'scalar' : 'vector',
        name,
        args: readArguments(node, name, known?.takes),
      };
    },
    AggregateExpr(node) {
      const operator = textOf(node.getChild('AggregateOp')).toLowerCase();
      const modifier = node.getChild('AggregateModifier');
      const labels = textsIn(modifier?.getChild('GroupingLabels'), 'LabelName');
      const grouping = { isWithout: modifier?.getChild('Without') !== null && modifier !== null, labels };
      return {
        kind: 'aggregation',
        type: 'vector',
        operator,
        grouping,
        args: readArguments(node, operator, aggregations[operator]?.takes),
      };
    },
  };

  const tree = parser.parse(text);
  let depth = 0;
  tree.iterate({
    enter({ type, from }) {
      if (++depth > maxDepth) fail(from, 'the expression is nested too deeply');
      const [, name] = /([a-zA-Z_]\w*)\s*$/.exec(text.slice(0, from)) ?? [];
      if (newer.test(type.name)) fail(from, `${text.slice(from)} is not supported`);
      if (type.isError && name && text.charAt(from) === '(') fail(from, `unknown function with name "${name}"`);
      if (type.isError) fail(from, `unexpected ${text.slice(from).trim() || 'end of input'}`);
    },
    leave: () => void depth--,
  });
  const top = tree.topNode.getChild('Expr');
  return top ? read(top) : fail(0, 'no expression found in input');
};
