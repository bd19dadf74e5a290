import type { Constraint, Dim } from '../dim/index.js';
import type { AnyAttrs, Attr, Work } from '../ops/index.js';
import type { Place } from '../source/errors.js';
import type { DType, Shape, TensorType } from '../tensor/index.js';
import type { NoteCode } from './notes.js';

/** A stored tensor of the model: counted once however often and under however many names it is used. */
export interface Weight {
  readonly name: string;
  /** More names of the same storage (tied weights). */
  readonly aliases: readonly string[];
  readonly kind: 'parameter' | 'buffer' | 'constant';
  /** Whether training changes it; null if the file does not say. Always false for buffers and constants. */
  readonly trainable: boolean | null;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Bytes that it takes, where dtype and shape do not tell them (values packed with a remainder, blocks with scales). */
  readonly bytes?: number;
}

/** Memory that one or more values live in: a view or an in-place result shares the storage of its source. */
export interface Storage {
  readonly id: number;
  readonly bytes: Dim;
  readonly role: 'input' | 'weight' | 'activation';
}

/** A tensor at one place of the schedule. */
export interface Value {
  readonly id: number;
  readonly name: string | null;
  /** Null if rank or extents could not be found (below an unknown operator). */
  readonly type: TensorType | null;
  readonly storage: Storage;
  readonly weight: Weight | null;
}

/** A module of the model, whether it is called or not. One object per module: a shared module has two parents. */
export interface ModuleInfo {
  /** First path found from the root: `layer1.0.conv1`; the root is ``. */
  readonly path: string;
  /** `torch.nn.Conv2d` for the framework's own, the class's name otherwise. Exact: subclasses have their own. */
  readonly type: string;
  /** Class names from the class itself up to, not including, `torch.nn.Module`; only `type` where bases are unknown. */
  readonly classHierarchy: readonly string[];
  readonly children: readonly { readonly name: string; readonly module: ModuleInfo }[];
  /** Own weights, not those of children, in order of registration. */
  readonly weights: readonly { readonly name: string; readonly weight: Weight }[];
  /** Every call in schedule order; empty for a module that never ran. */
  readonly calls: readonly ModuleCall[];
  /** Constructor arguments in PyTorch's words, where the format keeps them. */
  readonly attrs: Readonly<Record<string, Attr>>;
}

/** One call of a module: what went in and out, and what it did. */
export interface ModuleCall {
  readonly module: ModuleInfo;
  /** Calls of the same module are numbered from 0. */
  readonly index: number;
  /** Path under which the caller knows the module: differs from module.path where a module is shared. */
  readonly path: string;
  /** Tensors among the positional arguments, flattened in order. */
  readonly inputs: readonly (TensorType | null)[];
  readonly outputs: readonly (TensorType | null)[];
  readonly parent: ModuleCall | null;
  readonly steps: readonly Step[];
}

export type Step =
  | { readonly kind: 'call'; readonly call: ModuleCall }
  | { readonly kind: 'op'; readonly entry: OpEntry };

/** One operator in the schedule. */
export interface OpEntry {
  readonly index: number;
  /** Its name in opcount's vocabulary (`conv`, `matmul`, `relu`, …). */
  readonly op: string;
  /** As the format spells it: `Conv`, `aten.conv2d.default`, `F.conv2d`. */
  readonly type: string;
  /**
   * The outermost function of PyTorch through which the model's code came to the operator: `F.relu`, `torch.matmul`,
   * `Tensor.softmax` for a method, `+` and `@` for signs; what a larger function does inside has that function's name
   * (`F.multi_head_attention_forward`). Null if the format does not say. Tools that patch functions see by this alone.
   */
  readonly calledThrough: string | null;
  /** The node's name in the file, if it has one. */
  readonly name: string | null;
  readonly call: ModuleCall;
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  readonly attrs: AnyAttrs;
  readonly result:
    | { readonly kind: 'known'; readonly work: readonly Work[] }
    | { readonly kind: 'gap'; readonly why: string };
  readonly readBytes: Dim;
  readonly writeBytes: Dim;
  readonly at: Place | null;
}

export interface Note {
  readonly code: NoteCode;
  readonly message: string;
  readonly at?: Place;
}

/**
 * Element types and bytes of weights by name, if they are not those of the model's own dtype. `absent`: the file does not
 * have it, and it is not a parameter of this model.
 */
export type StoredWeights = ReadonlyMap<
  string,
  { readonly dtype: DType; readonly bytes: number; readonly absent?: true }
>;

/** The description that a transformer was built from: enough to build it again at other sizes. Plain data. */
export interface Description {
  /** `model_type` of the configuration. */
  readonly type: string;
  /** The class of the reference implementation; empty if the configuration names none. */
  readonly architecture: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** The head on all positions of a pass or on the last alone. */
  readonly logits: 'all' | 'last';
  /** Latent attention, where there is any: see `nn.LatentAttention`. */
  readonly latent: 'expanded' | 'absorbed';
  /** Tensors that a pass leaves for the next one; null for a model that has no next pass. */
  readonly kept: readonly { readonly name: string; readonly dtype: DType; readonly shape: Shape }[] | null;
  /** Parameters that one token uses: all but those of experts that it is not sent to. */
  readonly activeParams: Dim;
  /** Of those the tables that are only looked up, not multiplied with. */
  readonly lookedUpParams: Dim;
  /** How weights are really stored, by name, where a file or the caller says so. */
  readonly stored?: StoredWeights;
  /** The name of that, if it is one: `gptq`, `int4`. */
  readonly storedAs?: string;
}

/** The facts about a model, before any convention: everything a report says is a function of this. */
export interface Ledger {
  readonly name: string;
  readonly format: string;
  readonly producer: string | null;
  /** Size of the file and what was read of it; null for a model written in TypeScript. */
  readonly file: { readonly bytes: number; readonly bytesRead: number } | null;
  readonly inputs: readonly { readonly name: string; readonly value: Value }[];
  readonly outputs: readonly { readonly name: string; readonly value: Value }[];
  readonly root: ModuleCall;
  /** In schedule order. */
  readonly entries: readonly OpEntry[];
  readonly weights: readonly Weight[];
  /** Whether `root` is the model's own module tree, or one guessed from node names, or none. */
  readonly modules: 'exact' | 'names' | 'none';
  /** Where the file says modules but not their classes: those without operators have one inferred from their weights. */
  readonly classes?: 'inferred';
  readonly notes: readonly Note[];
  /** Sizes that the file itself has for free dimensions: those it was exported with. They decide nothing. */
  readonly hints?: Readonly<Record<string, number>>;
  /** The plan of memory that the file itself holds, at the file's own sizes. */
  readonly arena?: Arena;
  /** Requirements of the model on its free dimensions, beyond the range of each. */
  readonly constraints: readonly Constraint[];
  /** For models that were built from a description. */
  readonly description?: Description;
  /** Names of the caller's bindings that took part in reading; absent where the format does not say. */
  readonly bound?: readonly string[];
  /** Never there: see `FoldedLedger`. */
  readonly folds?: undefined;
}

/** A tensor and the bytes that it takes, from an offset on. */
export interface Placed {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

/** Memory for all that a model computes, in which a plan made ahead gives tensors their places. */
export interface Arena {
  /** From its start to the end of the tensor that reaches furthest. */
  readonly bytes: number;
  /** That tensor; null where the plan places none. */
  readonly last: string | null;
  readonly placed: readonly Placed[];
  /** Tensors that get their places only when the model is loaded: what they need is not in `bytes`. */
  readonly atLoad: readonly string[];
}

/** Equal modules of which one is in the record for all: the layers of one kind. */
export interface Fold {
  /** Path of the one that is recorded, the first: `model.layers.0`. */
  readonly path: string;
  /** Paths of all of them, in the order in which they run. */
  readonly copies: readonly string[];
}

/**
 * A ledger in which equal layers are recorded once, so that a report takes as long as there are kinds of layers. What
 * sums over entries or weights of one has to count copies (`copiesIn`); the type keeps it from what does not.
 */
export type FoldedLedger = Omit<Ledger, 'folds'> & { readonly folds: readonly Fold[] };
export type AnyLedger = Ledger | FoldedLedger;
