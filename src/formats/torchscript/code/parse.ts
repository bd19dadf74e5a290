import type { ClassCode, Expression, FunctionCode, Parameter, Statement } from './ast.js';
import { expression, expressions } from './expressions.js';
import { Tokens } from './tokens.js';

export interface ModuleCode {
  readonly classes: ReadonlyMap<string, ClassCode>;
  readonly functions: ReadonlyMap<string, FunctionCode>;
}

/**
 * Reads one file of an archive's code. `file` is its name, for messages. Throws ModelError `malformed`, `unsupported` or
 * `limit` with the line.
 */
export function parseCode(text: string, file: string): ModuleCode {
  const tokens = new Tokens(text, file);
  const classes = new Map<string, ClassCode>();
  const functions = new Map<string, FunctionCode>();
  for (;;) {
    const token = tokens.peek();
    if (token.kind === 'end') return { classes, functions };
    if (tokens.skip('class')) {
      const found = classCode(tokens);
      classes.set(found.name, found);
    } else if (tokens.skip('def')) {
      const found = functionCode(tokens);
      functions.set(found.name, found);
    }
    // Legacy files begin with `op_version_set = 1` and import what they name.
    else line(tokens);
  }
}

/** Steps over a line that says nothing here. */
function line(tokens: Tokens): void {
  for (;;) {
    const { kind } = tokens.take();
    if (kind === 'newline' || kind === 'end') return;
  }
}

function classCode(tokens: Tokens): ClassCode {
  const { text: name, line: at } = tokens.expectKind('name');
  let base = '';
  if (tokens.skip('(')) {
    if (tokens.peek().kind === 'name') base = dotted(expression(tokens));
    tokens.expect(')');
  }
  const draft = {
    parameters: new Set<string>(),
    buffers: new Set<string>(),
    attributes: new Map<string, Expression>(),
    constants: new Map<string, Expression>(),
    methods: new Map<string, FunctionCode>(),
  };
  block(tokens, () => {
    if (tokens.skip('def')) {
      const method = functionCode(tokens);
      draft.methods.set(method.name, method);
    } else member(tokens, draft);
  });
  return { kind: 'class', name, base, ...draft, file: tokens.file, line: at };
}

/** One line of a class: `__parameters__ = ["weight", ]`, `stride : Final[int] = 2`, `__annotations__["0"] = …`. */
function member(
  tokens: Tokens,
  draft: {
    parameters: Set<string>;
    buffers: Set<string>;
    attributes: Map<string, Expression>;
    constants: Map<string, Expression>;
  },
): void {
  if (tokens.skip('pass')) {
    tokens.expectKind('newline');
    return;
  }
  const target = expression(tokens);
  const type = tokens.skip(':') ? expression(tokens) : null;
  const value = tokens.skip('=') ? expression(tokens) : null;
  tokens.expectKind('newline');
  if (target.kind === 'item' && target.of.kind === 'name' && target.of.name === '__annotations__') {
    const { at } = target;
    if (at.kind === 'constant' && typeof at.value === 'string' && value !== null) {
      draft.attributes.set(at.value, value);
    }
    return;
  }
  if (target.kind !== 'name') throw tokens.error('a member of a class is not a name');
  if (target.name === '__parameters__') addNames(draft.parameters, value);
  else if (target.name === '__buffers__') addNames(draft.buffers, value);
  else {
    if (type !== null) draft.attributes.set(target.name, type);
    if (value !== null) draft.constants.set(target.name, value);
  }
}

function addNames(names: Set<string>, value: Expression | null): void {
  if (value?.kind !== 'list') return;
  for (const item of value.items) if (item.kind === 'constant' && typeof item.value === 'string') names.add(item.value);
}

function functionCode(tokens: Tokens): FunctionCode {
  const { text: name, line: at } = tokens.expectKind('name');
  tokens.expect('(');
  const parameters: Parameter[] = [];
  while (!tokens.skip(')')) {
    tokens.skip('*'); // after it, arguments are given by name
    if (tokens.peek().kind === 'name') {
      const parameter = tokens.take().text;
      const type = tokens.skip(':') ? expression(tokens) : null;
      const value = tokens.skip('=') ? expression(tokens) : null;
      parameters.push({ name: parameter, type, value });
    }
    if (!tokens.skip(',')) {
      tokens.expect(')');
      break;
    }
  }
  const returns = tokens.skip('->') ? expression(tokens) : null;
  const body = statements(tokens);
  return { kind: 'function', name, parameters, returns, body, file: tokens.file, line: at };
}

function statements(tokens: Tokens): Statement[] {
  const list: Statement[] = [];
  block(tokens, () => void list.push(statement(tokens)));
  return list;
}

/** `:`, then an indented block, or one statement on the same line. */
function block(tokens: Tokens, each: () => void): void {
  tokens.expect(':');
  if (tokens.peek().kind !== 'newline') {
    each();
    return;
  }
  tokens.take();
  // An interface's methods, and an empty class, have nothing below them.
  if (tokens.peek().kind !== 'indent') return;
  tokens.take();
  while (tokens.peek().kind !== 'dedent' && tokens.peek().kind !== 'end') each();
  if (tokens.peek().kind === 'dedent') tokens.take();
}

function statement(tokens: Tokens): Statement {
  const first = tokens.peek();
  const at = first.line;
  const keyword = first.kind === 'name' ? first.text : '';
  switch (keyword) {
    case 'if':
      tokens.take();
      return branch(tokens, at);
    case 'while': {
      tokens.take();
      const test = expression(tokens);
      return { kind: 'while', test, body: statements(tokens), line: at };
    }
    case 'for': {
      tokens.take();
      const name = tokens.expectKind('name').text;
      tokens.expect('in');
      const over = expression(tokens);
      return { kind: 'for', name, over, body: statements(tokens), line: at };
    }
    case 'with': {
      tokens.take();
      const value = expression(tokens);
      const as = tokens.skip('as') ? tokens.expectKind('name').text : null;
      return { kind: 'with', value, as, body: statements(tokens), line: at };
    }
    case 'def':
      tokens.take();
      return { kind: 'function', function: functionCode(tokens), line: at };
    case 'pass':
    case 'break':
    case 'continue':
      tokens.take();
      tokens.expectKind('newline');
      return { kind: keyword, line: at };
    case 'return':
    case 'raise': {
      tokens.take();
      const value = tokens.peek().kind === 'newline' ? null : tupleOf(expressions(tokens));
      tokens.expectKind('newline');
      return { kind: keyword, value, line: at };
    }
    default:
      return simple(tokens, at);
  }
}

function branch(tokens: Tokens, at: number): Statement {
  const test = expression(tokens);
  const then = statements(tokens);
  let otherwise: readonly Statement[] = [];
  const { line: next } = tokens.peek();
  if (tokens.skip('elif')) otherwise = [branch(tokens, next)];
  else if (tokens.skip('else')) otherwise = statements(tokens);
  return { kind: 'if', test, then, otherwise, line: at };
}

/** `x = …`, `x : T = …`, `a, b, = …`, `a, b = c, d`, or an expression alone. */
function simple(tokens: Tokens, at: number): Statement {
  const left = expressions(tokens);
  if (tokens.skip(':')) expression(tokens);
  if (!tokens.skip('=')) {
    tokens.expectKind('newline');
    return { kind: 'expression', value: tupleOf(left), line: at };
  }
  const value = tupleOf(expressions(tokens));
  tokens.expectKind('newline');
  return { kind: 'assign', targets: left.items, apart: left.comma, value, line: at };
}

function tupleOf({ items, comma }: { readonly items: readonly Expression[]; readonly comma: boolean }): Expression {
  return items.length === 1 && !comma ? (items[0] as Expression) : { kind: 'tuple', items };
}

/** `__torch__.torch.nn.modules.conv.Conv2d`; empty for any other name. */
export function dotted(e: Expression): string {
  if (e.kind === 'name') return e.name;
  const before = e.kind === 'attribute' ? dotted(e.of) : '';
  return before === '' || e.kind !== 'attribute' ? '' : `${before}.${e.name}`;
}
