import type { Values } from '../../graph/index.js';
import { ModelError } from '../../source/errors.js';
import type { Arg } from '../../torch/operators/index.js';
import { FORMAT, type Json } from './json.js';
import { dtypeOf, type Sizes } from './sizes.js';

/** The values of one graph, by name. */
export type Names = Pick<Values, 'get'>;

function named(names: Names, name: Json): Arg {
  const text = name.text();
  const found = names.get(text);
  if (found === undefined)
    throw new ModelError('malformed', `${text} is used but never defined`, {
      format: FORMAT,
      at: { field: name.path },
      hint: 'The file is damaged: export it again.',
    });
  return found as Arg; // lists and optionals of other formats do not come up here
}

/** An integer, a symbolic one by its name or its formula. */
function symInt(names: Names, arg: Json, sizes: Sizes): Arg {
  const { tag, body } = arg.tagged();
  if (tag === 'as_name') return named(names, body);
  if (tag === 'as_int') return body.integer();
  return tag === 'as_expr' ? sizes.size(arg) : scalar(names, arg);
}

function scalar(names: Names, arg: Json): Arg {
  const { tag, body } = arg.tagged();
  switch (tag) {
    case 'as_name':
      return named(names, body);
    case 'as_bool':
      return body.boolean();
    case 'as_float':
      return float(body);
    default:
      return body.missing ? null : body.number();
  }
}

function float(body: Json): Arg {
  const value = body.number();
  return Number.isInteger(value) ? { float: value } : value;
}

const tensor = (names: Names, body: Json): Arg => named(names, body.get('name'));

/** An argument of a node, by the tag under which the file has it. Anything that is neither number nor tensor is None. */
export function argOf(names: Names, arg: Json, sizes: Sizes): Arg {
  const { tag, body } = arg.tagged();
  switch (tag) {
    case 'as_tensor':
      return tensor(names, body);
    case 'as_tensors':
      return body.items().map((item) => tensor(names, item));
    case 'as_optional_tensor':
      return argOf(names, body, sizes);
    case 'as_optional_tensors':
      return body.items().map((item) => argOf(names, item, sizes));
    case 'as_nested_tensors':
      return body.items().map((list) => list.items().map((item) => tensor(names, item)));
    case 'as_int':
      return body.integer();
    case 'as_ints':
      return body.items().map((item) => item.integer());
    case 'as_int_lists':
      return body.items().map((list) => list.items().map((item) => item.integer()));
    case 'as_float':
      return float(body);
    case 'as_floats':
      return body.items().map(float);
    case 'as_bool':
      return body.boolean();
    case 'as_bools':
      return body.items().map((item) => item.boolean());
    case 'as_string':
      return body.text();
    case 'as_strings':
      return body.items().map((item) => item.text());
    case 'as_scalar_type':
      return dtypeOf(body.index());
    case 'as_sym_int':
      return symInt(names, body, sizes);
    case 'as_sym_ints':
      return body.items().map((item) => symInt(names, item, sizes));
    case 'as_sym_float':
    case 'as_sym_bool':
      return scalar(names, body);
    case 'as_sym_floats':
      return body.items().map((item) => scalar(names, item));
    default: // None, devices, layouts, memory formats, objects
      return null;
  }
}

/** A name that a result is given; null if it has none. */
export interface OutputName {
  readonly name: string | null;
  readonly tensor: boolean;
}

/** The names of one result of a node or input of a graph: several where it is a list. */
export function namesOf(output: Json): OutputName[] {
  const { tag, body } = output.tagged();
  switch (tag) {
    case 'as_tensor':
      return [{ name: body.get('name').text(), tensor: true }];
    case 'as_tensors':
    case 'as_optional_tensors':
      return body.items().map((item) => nameOfTensor(item));
    case 'as_optional_tensor':
      return [nameOfTensor(body)];
    case 'as_sym_int':
    case 'as_sym_float':
    case 'as_sym_bool':
      return [{ name: nameOfScalar(body), tensor: false }];
    case 'as_sym_ints':
    case 'as_sym_floats':
      return body.items().map((item) => ({ name: nameOfScalar(item), tensor: false }));
    default:
      return [{ name: null, tensor: false }];
  }
}

function nameOfTensor(item: Json): { name: string | null; tensor: boolean } {
  if (!item.get('name').missing) return { name: item.get('name').text(), tensor: true };
  const inner = item.get('as_tensor');
  return { name: inner.missing ? null : inner.get('name').text(), tensor: true };
}

function nameOfScalar(item: Json): string | null {
  const name = item.get('as_name');
  return name.missing ? null : name.text();
}

/** Results in the order of their names: lists are laid out. */
export function flatResults(results: readonly Arg[]): Arg[] {
  return results.flatMap((result) => (Array.isArray(result) ? flatResults(result as readonly Arg[]) : [result]));
}
