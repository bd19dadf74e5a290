import { DEPTH_LIMIT } from '../../../wire/protobuf.js';
import type { Scalar, Tree } from '../../../wire/prototext/encode.js';
import { dtypeNumber } from '../dtype.js';
import { Scanner } from './scanner.js';

/**
 * ONNX's own text syntax, as `onnx.printer.to_text` and `onnx.save` of `.onnxtxt` write it. Definition:
 * https://github.com/onnx/onnx/blob/main/docs/Syntax.md Throws ModelError `malformed` with the offset.
 */
export function parseOnnxText(text: string): Tree {
  return new Parser(text).model();
}

type Member = readonly [string, Scalar | Tree];
const text = (value: string): Scalar => ({ text: value });
const tree = (...fields: readonly Member[]): Tree => ({ fields });
/** Of as many fields as a file has: more than a call takes arguments. */
const treeOf = (fields: readonly Member[]): Tree => ({ fields });

/** Primitive types, as the syntax calls them: `float`, `int64`, `float8e4m3fn`. */
const isType = (word: string): boolean => dtypeNumber(word) > 0;
/** Where a tensor of a type keeps its contents. */
function dataField(type: string): string {
  if (/^(float|complex64)$/.test(type)) return 'float_data';
  if (/^(double|complex128)$/.test(type)) return 'double_data';
  if (type === 'int64') return 'int64_data';
  return /^uint(32|64)$/.test(type) ? 'uint64_data' : 'int32_data';
}

/** Contents beyond this many characters are weights: they decide nothing, and are not kept. */
const MAX_CONTENTS = 1 << 20;

class Parser {
  readonly #s: Scanner;
  #depth = 0;

  constructor(source: string) {
    this.#s = new Scanner(source);
  }

  model(): Tree {
    const fields: Member[] = [];
    if (this.#s.peek('<')) for (const property of this.#properties()) fields.push(property);
    fields.push(['graph', this.#graph()]);
    while (!this.#s.atEnd()) fields.push(['functions', this.#function()]);
    return treeOf(fields);
  }

  /** `< ir_version: 8, opset_import: ["" : 17], … >` of a model or a function. */
  #properties(): Member[] {
    const fields: Member[] = [];
    this.#list('<', '>', () => {
      const key = this.#s.word();
      this.#s.expect(':');
      if (!this.#s.peek('[')) fields.push([key, this.#s.peek('"') ? text(this.#s.quoted()) : text(this.#s.number())]);
      else
        for (const [name, value] of this.#pairs())
          fields.push(
            key === 'opset_import'
              ? [key, tree(['domain', text(name)], ['version', text(value)])]
              : [key, tree(['key', text(name)], ['value', text(value)])],
          );
    });
    return fields;
  }

  /** `["location": "weights.bin", "offset": 17]` */
  #pairs(): [string, string][] {
    const pairs: [string, string][] = [];
    this.#list('[', ']', () => {
      const name = this.#s.quoted();
      this.#s.expect(':');
      pairs.push([name, this.#s.peek('"') ? this.#s.quoted() : this.#s.number()]);
    });
    return pairs;
  }

  #graph(): Tree {
    if (++this.#depth > DEPTH_LIMIT) throw this.#s.error(`graphs are nested more than ${DEPTH_LIMIT} deep`, 'limit');
    const fields: Member[] = [['name', text(this.#s.name())]];
    this.#list('(', ')', () => this.#declaration(fields, 'input'));
    this.#s.expect('=>');
    this.#list('(', ')', () => this.#declaration(fields, 'output'));
    if (this.#s.peek('<')) this.#list('<', '>', () => this.#declaration(fields, 'value_info'));
    for (const node of this.#nodes()) fields.push(node);
    this.#depth--;
    return treeOf(fields);
  }

  /** `float[N,3] x`, `x`, `float[2] w = {1, 2}`: a value, with contents an initializer. */
  #declaration(into: Member[], field: string): void {
    const typed = this.#s.isTypeNext(isType);
    const { type, dtype, dims } = typed ? this.#type() : { type: null, dtype: null, dims: null };
    const name = this.#s.name();
    if (this.#s.peek('[')) this.#pairs(); // metadata
    const filled = this.#s.accept('=');
    if (filled && dtype !== null) into.push(['initializer', this.#tensor(dtype, dims ?? [], name)]);
    if (!filled || field !== 'value_info')
      into.push([field, tree(['name', text(name)], ...(type === null ? [] : [['type', type] as const]))]);
  }

  #type(): { type: Tree; dtype: string | null; dims: readonly Tree[] | null } {
    const word = this.#s.word();
    if (word === 'seq' || word === 'optional') {
      const inner = this.#inParentheses(() => this.#type().type);
      const field = word === 'seq' ? 'sequence_type' : 'optional_type';
      return { type: tree([field, tree(['elem_type', inner])]), dtype: null, dims: null };
    }
    if (word === 'map') {
      const members = this.#inParentheses(() => {
        const key = this.#s.word();
        this.#s.expect(',');
        return [key, this.#type().type] as const;
      });
      const map = tree(['key_type', text(String(dtypeNumber(members[0])))], ['value_type', members[1]]);
      return { type: tree(['map_type', map]), dtype: null, dims: null };
    }
    if (word === 'sparse_tensor') {
      const { type } = this.#inParentheses(() => this.#type());
      const [, inner] = type.fields[0] ?? [];
      return { type: tree(['sparse_tensor_type', inner as Tree]), dtype: null, dims: null };
    }
    if (!isType(word)) throw this.#s.error(`"${word}" is not a type`);
    const dims = this.#s.peek('[') ? this.#dims() : null;
    const shape: Member[] =
      dims === null
        ? [['shape', tree()]]
        : dims.length === 0
          ? []
          : [['shape', treeOf(dims.map((d): Member => ['dim', d]))]];
    const tensor = tree(['elem_type', text(String(dtypeNumber(word)))], ...shape);
    return { type: tree(['tensor_type', tensor]), dtype: word, dims };
  }

  #inParentheses<T>(parse: () => T): T {
    this.#s.expect('(');
    const value = parse();
    this.#s.expect(')');
    return value;
  }

  /** `[N, 3, ?]`; `[]` is an unknown rank. A name may be a formula. */
  #dims(): Tree[] {
    return this.#s.bracketed().map((dim) => {
      if (/^\d+$/.test(dim)) return tree(['dim_value', text(dim)]);
      return dim === '?' || dim === '' ? tree() : tree(['dim_param', text(dim)]);
    });
  }

  /** The contents of a tensor after its type was read: in braces, or where they are in another file. */
  #tensor(dtype: string, dims: readonly Tree[], name: string): Tree {
    const fields: Member[] = [
      ...dims.map((d): Member => ['dims', (d.fields[0]?.[1] as Scalar | undefined) ?? text('0')]),
      ['data_type', text(String(dtypeNumber(dtype)))],
      ['name', text(name)],
    ];
    // Printers leave out what they cannot spell, and of an empty list of texts the first brace.
    if (this.#s.accept('...') || (dtype === 'string' && this.#s.accept('}'))) return treeOf(fields);
    if (this.#s.peek('[')) {
      for (const [key, value] of this.#pairs())
        fields.push(['external_data', tree(['key', text(key)], ['value', text(value)])]);
      fields.push(['data_location', text('1')]);
    } else if (dtype === 'string') this.#list('{', '}', () => fields.push(['string_data', text(this.#s.quoted())]));
    else {
      const contents = this.#s.braced();
      const field = dataField(dtype);
      if (contents.length <= MAX_CONTENTS)
        for (const one of contents.split(',')) if (one.trim() !== '') fields.push([field, text(one.trim())]);
    }
    return treeOf(fields);
  }

  #nodes(): Member[] {
    const nodes: Member[] = [];
    this.#s.expect('{');
    while (!this.#s.accept('}')) nodes.push(['node', this.#node()]);
    return nodes;
  }

  /** `[label] y, z = domain.Op <axis: int = 0> (x, , w)`, attributes in front of or behind the inputs. */
  #node(): Tree {
    const fields: Member[] = [];
    if (this.#s.accept('[')) {
      fields.push(['name', text(this.#s.name())]);
      this.#s.expect(']');
    }
    do fields.push(['output', text(this.#s.optionalName('='))]);
    while (this.#s.accept(','));
    this.#s.expect('=');
    const operator = this.#s.name();
    const [, domain = '', opType = operator, overload = ''] = /^(?:(.*)\.)?([^.:]+)(?::(.*))?$/.exec(operator) ?? [];
    fields.push(['op_type', text(opType)], ['domain', text(domain)]);
    if (overload !== '') fields.push(['overload', text(overload)]);
    const attributes = (): void => this.#list('<', '>', () => fields.push(['attribute', this.#attribute()]));
    const before = this.#s.peek('<');
    if (before) attributes();
    this.#s.expect('(');
    if (!this.#s.accept(')')) {
      do fields.push(['input', text(this.#s.optionalName(')'))]);
      while (this.#s.accept(','));
      this.#s.expect(')');
    }
    if (!before && this.#s.peek('<')) attributes();
    return treeOf(fields);
  }

  #attribute(): Tree {
    const name = this.#s.word();
    const kind = this.#s.accept(':') ? this.#s.word() : null;
    this.#s.expect('=');
    const values: Member[] = [];
    if (this.#s.peek('[')) this.#list('[', ']', () => values.push(this.#value(kind?.replace(/s$/, '') ?? null)));
    else return tree(['name', text(name)], ...single(this.#value(kind)));
    return treeOf([['name', text(name)], ...several(values, kind)]);
  }

  /** One value of an attribute, under the field that a single one has. */
  #value(kind: string | null): Member {
    if (this.#s.accept('@')) return ['ref_attr_name', text(this.#s.word())];
    if (this.#s.peek('"')) return ['s', text(this.#s.quoted())];
    if (kind === 'type_proto') return ['tp', this.#type().type];
    if (kind === 'graph') return ['g', this.#graph()];
    if (kind === 'tensor' || this.#s.isTypeNext(isType)) {
      const { dtype, dims } = this.#type();
      if (dtype === null) throw this.#s.error('a tensor of a primitive type is expected');
      const named = this.#s.peek('{') || this.#s.peek('=') || this.#s.peek('[') ? '' : this.#s.name();
      this.#s.accept('=');
      return ['t', this.#tensor(dtype, dims ?? [], named)];
    }
    if (this.#s.isNumberNext()) {
      const number = this.#s.number();
      const real = kind === 'float' || (kind === null && !/^[-+]?\d+$/.test(number));
      return [real ? 'f' : 'i', text(number)];
    }
    return ['g', this.#graph()];
  }

  #function(): Tree {
    const fields: Member[] = this.#s.peek('<') ? this.#properties() : [];
    fields.push(['name', text(this.#s.name())]);
    if (this.#s.peek('<'))
      this.#list('<', '>', () => {
        const mark = this.#s.mark();
        const name = this.#s.word();
        if (!this.#s.peek(':') && !this.#s.peek('=')) {
          fields.push(['attribute', text(name)]);
          return;
        }
        this.#s.reset(mark);
        fields.push(['attribute_proto', this.#attribute()]);
      });
    this.#list('(', ')', () => fields.push(['input', text(this.#declared())]));
    this.#s.expect('=>');
    this.#list('(', ')', () => fields.push(['output', text(this.#declared())]));
    if (this.#s.peek('<')) this.#list('<', '>', () => this.#declaration(fields, 'value_info'));
    for (const node of this.#nodes()) fields.push(node);
    return treeOf(fields);
  }

  /** The name of a function's value; its type may stand in front. */
  #declared(): string {
    if (this.#s.isTypeNext(isType)) this.#type();
    return this.#s.name();
  }

  #list(open: string, close: string, item: () => void): void {
    this.#s.expect(open);
    if (this.#s.accept(close)) return;
    do item();
    while (this.#s.accept(','));
    this.#s.expect(close);
  }
}

/** Kinds of attributes by the field of a single value, and the field and kind of several. */
const KINDS: Readonly<Record<string, readonly [single: number, field: string, several: number]>> = {
  f: [1, 'floats', 6],
  i: [2, 'ints', 7],
  s: [3, 'strings', 8],
  t: [4, 'tensors', 9],
  g: [5, 'graphs', 10],
  tp: [13, 'type_protos', 14],
};

function single(value: Member): Member[] {
  const kind = KINDS[value[0]];
  return kind === undefined ? [value] : [value, ['type', text(String(kind[0]))]];
}

/** Numbers of a list of which one is a fraction are all fractions; an empty list is of the kind that is stated. */
function several(values: readonly Member[], stated: string | null): Member[] {
  const empty = ({ floats: 'f', strings: 's', tensors: 't', graphs: 'g' } as const)[stated ?? ''] ?? 'i';
  const first = values.some(([field]) => field === 'f') ? 'f' : (values[0]?.[0] ?? empty);
  const [, field, kind] = KINDS[first] ?? [0, 'ints', 7];
  return [...values.map(([, value]): Member => [field, value]), ['type', text(String(kind))]];
}
