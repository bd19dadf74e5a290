import { type OpenModule, Trace, type Value } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import { type Arg, applyAten, isValue } from '../operators/index.js';
import { listOnly, optionsIn, spelt } from './argument.js';
import { Session, session, valueIn, withinWhat } from './session.js';
import { Tensor } from './tensor.js';

/** An argument of an operator of PyTorch: as `Arg`, with tensors of this room. */
export type AtenArg = Tensor | Exclude<Arg, Value | readonly Arg[]> | readonly AtenArg[];

export interface AtenOptions {
  readonly kwargs?: Readonly<Record<string, AtenArg>>;
  /** The name that tables and tools know the call by: `F.grid_sample`; `torch.<name>` where left out. */
  readonly type?: string;
}

/**
 * Any operator of PyTorch (ATen) by its name, with its arguments by place and keyword: `aten('kron', [a, b])`. The rules are
 * those of `.pt2` and TorchScript files. Returns one tensor for each result of PyTorch's schema (those of a list too). Throws
 * ModelError `unsupported` for an operator without a rule, or for arguments that its rule does not take.
 */
export function aten(name: string, args: readonly AtenArg[], options: AtenOptions = {}): Tensor[] {
  if (typeof name !== 'string')
    throw new ModelError('argument', `an operator has a name, and ${spelt(name)} was given`, {
      format: 'nn',
      hint: "write it as PyTorch does: aten('relu', [x])",
    });
  listOnly('aten', args, 'arguments');
  const type = optionsIn(options).type ?? `torch.${name}`;
  const s = session() ?? alone();
  const given = (arg: AtenArg): Arg =>
    arg instanceof Tensor
      ? valueIn(s, arg)
      : Array.isArray(arg)
        ? (arg as readonly AtenArg[]).map(given)
        : (arg as Arg);
  const kwargs = Object.fromEntries(Object.entries(options.kwargs ?? {}).map(([key, arg]) => [key, given(arg)]));
  const before = s.trace.mark();
  const results = applyAten(s.trace, {
    name,
    args: args.map(given),
    kwargs,
    spelling: { type, calledThrough: withinWhat() ?? type },
  });
  return results.flat().map((result) => {
    const made = isValue(result) && result.type !== null ? new Tensor(result.type) : null;
    if (made !== null && isValue(result)) {
      s.setValue(made, result);
      return made;
    }
    s.trace.rewind(before);
    throw new ModelError('unsupported', `${type}: what it gives is not known for these arguments`, {
      format: 'nn',
      hint: 'check the arguments; shapes have to be known, and so does what decides them',
    });
  });
}

/** `aten` for the many operators that have one result. */
export function aten1(name: string, args: readonly AtenArg[], type: string): Tensor {
  return aten(name, args, { type })[0] as Tensor;
}

/** Where nothing is being profiled a call only says what it gives: its trace is thrown away. */
function alone(): Session {
  const trace = new Trace();
  const module: OpenModule = {
    path: '',
    type: '',
    classHierarchy: [],
    children: [],
    weights: [],
    calls: [],
    attrs: {},
  };
  trace.enter(module, '', []);
  return new Session(trace);
}
