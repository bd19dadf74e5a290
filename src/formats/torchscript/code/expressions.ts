import type { Expression, Named } from './ast.js';
import { NESTING_LIMIT, type Tokens } from './tokens.js';

const CONSTANTS: ReadonlyMap<string, Expression> = new Map([
  ['None', { kind: 'constant', value: null, float: false }],
  ['True', { kind: 'constant', value: true, float: false }],
  ['False', { kind: 'constant', value: false, float: false }],
  ['inf', { kind: 'constant', value: Number.POSITIVE_INFINITY, float: true }],
  ['nan', { kind: 'constant', value: Number.NaN, float: true }],
]);

/** One expression. `depth` counts what it is nested in. Throws ModelError with the line. */
export function expression(tokens: Tokens, depth = 0): Expression {
  if (depth > NESTING_LIMIT) throw tokens.error(`expressions nested more than ${NESTING_LIMIT} deep`, 'limit');
  const { line } = tokens.peek();
  if (tokens.skip('-')) return negative(expression(tokens, depth + 1), line);
  let at = atom(tokens, depth);
  for (let links = 0; ; links++) {
    if (links > NESTING_LIMIT) throw tokens.error(`more than ${NESTING_LIMIT} calls and attributes in a row`, 'limit');
    const { line: here } = tokens.peek();
    if (tokens.skip('.')) at = { kind: 'attribute', of: at, name: tokens.expectKind('name').text, line: here };
    else if (tokens.skip('(')) at = call(tokens, at, depth, here);
    else if (tokens.skip('[')) at = subscript(tokens, at, depth, here);
    else return at;
  }
}

/** Several expressions with commas between them, as they are in an assignment or behind `return`. */
export function expressions(tokens: Tokens): { readonly items: readonly Expression[]; readonly comma: boolean } {
  const items = [expression(tokens)];
  let comma = false;
  while (tokens.skip(',')) {
    comma = true;
    const { kind, text } = tokens.peek();
    if (kind === 'newline' || kind === 'end' || text === '=') break;
    items.push(expression(tokens));
  }
  return { items, comma };
}

function negative(of: Expression, line: number): Expression {
  if (of.kind === 'constant' && (typeof of.value === 'number' || typeof of.value === 'bigint')) {
    // 2^63 fits as a negative number only.
    const value = typeof of.value === 'bigint' ? -of.value : of.float ? -of.value : 0 - of.value;
    return { ...of, value };
  }
  return { kind: 'negative', of, line };
}

function atom(tokens: Tokens, depth: number): Expression {
  const token = tokens.take();
  switch (token.kind) {
    case 'number':
      return number(token.text);
    case 'text':
      return { kind: 'constant', value: token.text, float: false };
    case 'name':
      return CONSTANTS.get(token.text) ?? { kind: 'name', name: token.text, line: token.line };
    case 'sign':
      if (token.text === '(') return parenthesised(tokens, depth);
      if (token.text === '[') return { kind: 'list', items: items(tokens, ']', depth).list };
      if (token.text === '{') return dict(tokens, depth);
  }
  throw tokens.error(`a value expected, found ${token.kind} "${token.text.trim()}"`, 'malformed', token.line);
}

function number(text: string): Expression {
  const float = /[.eE]/.test(text);
  const value = Number(text);
  if (float || Number.isSafeInteger(value)) return { kind: 'constant', value, float };
  return { kind: 'constant', value: BigInt(text), float };
}

/** `(x)` is x; `(x,)`, `(x, y)` and `()` are tuples. */
function parenthesised(tokens: Tokens, depth: number): Expression {
  const { list, comma } = items(tokens, ')', depth);
  return list.length === 1 && !comma ? (list[0] as Expression) : { kind: 'tuple', items: list };
}

function items(tokens: Tokens, end: string, depth: number): { readonly list: Expression[]; readonly comma: boolean } {
  const list: Expression[] = [];
  let comma = false;
  while (!tokens.skip(end)) {
    list.push(expression(tokens, depth + 1));
    comma = tokens.skip(',');
    if (!comma) {
      tokens.expect(end);
      break;
    }
  }
  return { list, comma };
}

function dict(tokens: Tokens, depth: number): Expression {
  const entries: [Expression, Expression][] = [];
  while (!tokens.skip('}')) {
    const key = expression(tokens, depth + 1);
    tokens.expect(':');
    entries.push([key, expression(tokens, depth + 1)]);
    if (!tokens.skip(',')) {
      tokens.expect('}');
      break;
    }
  }
  return { kind: 'dict', entries };
}

function call(tokens: Tokens, callee: Expression, depth: number, line: number): Expression {
  const args: Expression[] = [];
  const named: Named[] = [];
  while (!tokens.skip(')')) {
    const value = expression(tokens, depth + 1);
    if (value.kind === 'name' && tokens.skip('='))
      named.push({ name: value.name, value: expression(tokens, depth + 1) });
    else args.push(value);
    if (!tokens.skip(',')) {
      tokens.expect(')');
      break;
    }
  }
  return { kind: 'call', callee, args, named, line };
}

/** `x[0]`, `x[1:]`, and of types `Dict[str, Tensor]`. */
function subscript(tokens: Tokens, of: Expression, depth: number, line: number): Expression {
  const bound = (): Expression | null =>
    [':', ']'].includes(tokens.peek().text) && tokens.peek().kind === 'sign' ? null : expression(tokens, depth + 1);
  const first = bound();
  if (tokens.skip(':')) {
    const end = bound();
    tokens.expect(']');
    return { kind: 'slice', of, start: first, end, line };
  }
  if (first === null) throw tokens.error('nothing between brackets');
  if (!tokens.skip(',')) {
    tokens.expect(']');
    return { kind: 'item', of, at: first, line };
  }
  const { list } = items(tokens, ']', depth);
  return { kind: 'item', of, at: { kind: 'tuple', items: [first, ...list] }, line };
}
