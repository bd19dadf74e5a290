import type { PrintedLine, Unit } from '../conventions/types.js';
import type { Note } from '../ledger/index.js';
import type { DeviceBound } from '../machine/index.js';
import type { Measured } from '../machine/measured.js';
import type { ServingBound } from '../machine/serving-devices.js';
import type { Primitive } from '../ops/index.js';
import type { ShownSize } from '../transforms/index.js';

/** An exact integer, or a formula in the free dimensions that `parse` of dim/ reads back; MB alone is a fraction. */
export type ReportCount = bigint | string;
/** An extent, or the formula of one. */
export type ReportExtent = number | bigint | string;
export type ReportShape<E = ReportExtent> = readonly E[];

export interface ReportTensor<E = ReportExtent> {
  readonly name: string;
  readonly dtype: string;
  /** Null if the rank itself is unknown. */
  readonly shape: ReportShape<E> | null;
}

/** Counts that a graph is needed for are null if the file has none: nothing is known of them, and 0 would be wrong. */
export interface ReportTotals<N = ReportCount> {
  readonly params: N;
  /** Null if the file does not say what training changes. */
  readonly trainableParams: N | null;
  readonly bufferElements: N;
  readonly weightBytes: N;
  readonly macs: N | null;
  /** Without products on zero padding; null if a free dimension keeps it from being counted. */
  readonly macsUnpadded: N | null;
  /** MACs by the types of what is multiplied: `float32×float32`, `uint8×int8`. */
  readonly macsByOperands: Readonly<Record<string, N>>;
  readonly flops: N | null;
  readonly primitives: Readonly<Partial<Record<Primitive, N>>>;
  readonly activationBytes: N | null;
  /** Null if free dimensions leave it open. */
  readonly peakActivationBytes: N | null;
  readonly readBytes: N | null;
  readonly writeBytes: N | null;
}

export interface ReportConvention<N = ReportCount> {
  readonly title: string;
  readonly version: string;
  /** The tool's definition, in a sentence or two. */
  readonly words: string;
  /** Under the tool's own names; empty if the tool itself fails on this model. */
  readonly counts: Readonly<Record<string, N | number>>;
  readonly units: Readonly<Record<string, Unit>>;
  readonly params: N;
  readonly notes: readonly Note[];
}

/** The weights at a place of a file that has no graph. */
export interface ReportStored<N = ReportCount, E = ReportExtent> {
  readonly buffers: N;
  readonly bytes: N;
  /** Each once, the one of most bytes first. */
  readonly dtypes: readonly string[];
  /** Of a single tensor. */
  readonly shape: ReportShape<E> | null;
}

export interface ReportRow<N = ReportCount, E = ReportExtent> {
  readonly path: string;
  readonly type: string;
  readonly op: string;
  readonly calls: number;
  readonly inputs: readonly (ReportShape<E> | null)[];
  readonly outputs: readonly (ReportShape<E> | null)[];
  readonly params: N;
  readonly macs: N;
  readonly flops: N;
  readonly readBytes: N;
  readonly writeBytes: N;
  /** Operators in it that have no formula: its numbers leave them out. */
  readonly unknown: number;
  /** Only in files without a graph. */
  readonly stored?: ReportStored<N, E>;
  /** Seconds that it takes at least on the devices asked for, operator after operator; null if they cannot be told. */
  readonly bounds?: Readonly<Record<string, { readonly seconds: number; readonly by: 'compute' | 'memory' } | null>>;
  /** The numbers for this path of the conventions that were asked for. */
  readonly conventions: Readonly<Record<string, Readonly<Record<string, N | number>>>>;
}

/**
 * A module with everything below it; `kind: 'op'` is an operator that is directly in a larger module, `kind: 'weight'` a
 * tensor of a file without a graph.
 */
export interface ReportNode<N = ReportCount, E = ReportExtent> {
  readonly kind: 'module' | 'op' | 'weight';
  readonly name: string;
  readonly path: string;
  readonly type: string;
  readonly calls: number;
  readonly output: ReportShape<E> | null;
  readonly params: N;
  readonly macs: N;
  readonly flops: N;
  readonly readBytes: N;
  readonly writeBytes: N;
  readonly unknown: number;
  /** Only in files without a graph. */
  readonly stored?: ReportStored<N, E>;
  /** Indices of operators that are here and in no child; only where the schedule was requested. */
  readonly entries?: readonly number[];
  readonly children: readonly ReportNode<N, E>[];
}

/** One kind of pass and what it costs. */
export interface ReportPhase {
  readonly name: string;
  readonly sequence: ReportExtent;
  readonly past: ReportExtent;
  readonly macs: ReportCount;
  readonly flops: ReportCount;
  /** Bytes of weights that are used and of the cache. */
  readonly readBytes: ReportCount;
  /** FLOPs for each of those bytes; null if free dimensions leave it open. */
  readonly intensity: number | null;
  /** Largest live activations; null if free dimensions leave it open. */
  readonly activationBytes: ReportCount | null;
}

/** The serving of a language model. */
export interface ReportServing {
  /** The cache that the pass leaves for the next one. */
  readonly cacheElements: ReportCount;
  readonly cacheBytes: ReportCount;
  /** The cache of one more token at the context, and all of it there. */
  readonly cacheBytesPerToken: ReportCount;
  readonly cacheBytesAtContext: ReportCount;
  readonly weightBytes: ReportCount;
  readonly batch: ReportExtent;
  readonly context: ReportExtent;
  /** The most tokens of context that the model's configuration states; null if it states none. */
  readonly longestContext: number | null;
  /** As `--weights` and `--kv` ask for; null if weights and cache are as the model says. */
  readonly weightFormat: string | null;
  readonly kvFormat: string | null;
  /** Parameters that one token uses; without tables that are only looked up. */
  readonly activeParams: ReportCount;
  readonly activeParamsWithoutEmbeddings: ReportCount;
  /** Prefill of the context, and a step after it. */
  readonly phases: readonly ReportPhase[];
  /** The step with latent attention absorbed into queries and outputs; only where the phases expand it. */
  readonly absorbed?: Omit<ReportPhase, 'name'>;
  /** Where it goes, all layers together. */
  readonly parts: readonly {
    readonly part: string;
    readonly params: ReportCount;
    readonly weightBytes: ReportCount;
    readonly prefillMacs: ReportCount;
    readonly prefillFlops: ReportCount;
    readonly decodeMacs: ReportCount;
    readonly decodeFlops: ReportCount;
  }[];
  /** Fit and bounds on the devices asked for. */
  readonly devices?: readonly ServingBound[];
  /** The share of each of several devices, and the bytes that it sends, where `--tp` asked for it. */
  readonly tensorParallel?: {
    readonly devices: number;
    readonly weightBytes: ReportCount;
    readonly cacheBytes: ReportCount;
    readonly reductions: number;
    readonly prefillBytes: ReportCount;
    readonly stepBytes: ReportCount;
  };
}

/** The cost of a training step on one device. */
export interface ReportTraining {
  readonly optimizer: string;
  /** `fp32`, `bf16`, `amp`, `mixed`; the type of most weights where they are as the model has them. */
  readonly precision: string;
  readonly attention: 'fused' | 'unfused';
  /** Stage of ZeRO, and devices that share what it divides. */
  readonly zero: number;
  readonly devices: number;
  readonly trainableParams: ReportCount;
  /** Null for a file without a graph, as all that depends on activations. */
  readonly forwardMacs: ReportCount | null;
  readonly backwardMacs: ReportCount | null;
  /** Work that checkpointing does a second time. */
  readonly recomputedMacs: ReportCount | null;
  readonly forwardFlops: ReportCount | null;
  readonly backwardFlops: ReportCount | null;
  readonly recomputedFlops: ReportCount | null;
  readonly optimizerFlops: ReportCount;
  /** Tensors that autograd keeps between the passes, each memory once, without weights and inputs. */
  readonly savedBytes: ReportCount | null;
  readonly inputBytes: ReportCount;
  /** Memory that the loss itself holds between the passes; 0 if none is counted. */
  readonly lossBytes: ReportCount;
  readonly weightBytes: ReportCount;
  readonly gradientBytes: ReportCount;
  readonly optimizerBytes: ReportCount;
  readonly masterBytes: ReportCount;
  /** Inputs, activations and their gradients at the worst moment; all memory then. Null if free dimensions leave it open. */
  readonly activationPeakBytes: ReportCount | null;
  readonly peakBytes: ReportCount | null;
  readonly peak: {
    readonly phase: 'forward' | 'backward';
    readonly path: string;
    readonly op: string;
    /** The largest first. */
    readonly alive: readonly {
      readonly name: string;
      readonly what: string | null;
      readonly gradient: boolean;
      readonly bytes: ReportCount;
    }[];
  } | null;
  /** Kept bytes by kind of tensor, the most first. */
  readonly kept: readonly { readonly what: string; readonly tensors: number; readonly bytes: ReportCount }[];
  readonly checkpointedBlocks: number;
  /** The numbers with all blocks checkpointed; null if they are, or if there are none. */
  readonly withCheckpointing: {
    readonly blocks: number;
    readonly savedBytes: ReportCount;
    readonly peakBytes: ReportCount | null;
    readonly recomputedMacs: ReportCount;
  } | null;
  /** Operators without a known gradient: they are in none of the numbers of the backward pass. */
  readonly unknown: readonly { readonly op: string; readonly nodes: number; readonly why: string }[];
  readonly fits: readonly {
    readonly device: string;
    readonly name: string;
    readonly memory: number | null;
    /** Null if free dimensions or the device leave it open. */
    readonly fits: boolean | null;
    /** The largest batch that fits; null if it cannot be told, with the reason. */
    readonly largestBatch: number | null;
    readonly why: string | null;
  }[];
}

/** One operator of the schedule. */
export interface ReportOp<N = ReportCount, E = ReportExtent> {
  readonly index: number;
  readonly op: string;
  /** As the file spells it. */
  readonly type: string;
  readonly name: string | null;
  readonly inputs: readonly (ReportTensor<E> | null)[];
  readonly outputs: readonly ReportTensor<E>[];
  readonly attrs: readonly (readonly [name: string, value: string])[];
  /** FLOPs besides those of the multiply-accumulates, by primitive. */
  readonly primitives: readonly (readonly [name: string, count: N])[];
  /** Why it is not counted; null if it is. */
  readonly gap: string | null;
  readonly params: N;
  readonly macs: N;
  readonly flops: N;
  readonly readBytes: N;
  readonly writeBytes: N;
}

/** A tensor in memory from one operator of the schedule to another, both included. */
export interface ReportLifetime<N = ReportCount, E = ReportExtent> extends ReportTensor<E> {
  readonly bytes: N;
  readonly from: number;
  readonly to: number;
}

export interface ReportSchedule<N = ReportCount, E = ReportExtent> {
  readonly ops: readonly ReportOp<N, E>[];
  /** Producer and consumer operator, pair after pair; -1 stands for the model's inputs, -2 for its outputs. */
  readonly edges: readonly number[];
  readonly lifetimes: readonly ReportLifetime<N, E>[];
}

/** Memory for all that a model computes, in which a plan made ahead gives tensors their places. */
export interface ReportArena {
  /** From its start to the end of the tensor that reaches furthest. */
  readonly bytes: number;
  /** That tensor; null where the plan places none. */
  readonly last: string | null;
  readonly placed: readonly { readonly name: string; readonly offset: number; readonly bytes: number }[];
  /** Tensors that get their places only when the model is loaded: what they need is not in `bytes`. */
  readonly atLoad: readonly string[];
}

/** Everything opcount says of a model, as data: the schema of `--format json`. */
export interface Report<N = ReportCount, E = ReportExtent> {
  readonly schema: 1;
  readonly opcount: string;
  readonly model: {
    readonly name: string;
    readonly format: string;
    readonly producer: string | null;
    /** Size of the file and what was read of it; null for a model written in TypeScript. */
    readonly bytes: number | null;
    readonly bytesRead: number | null;
  };
  readonly inputs: readonly ReportTensor<E>[];
  readonly outputs: readonly ReportTensor<E>[];
  /** Free dimensions by name: the number each was bound to, or null if it stays free. */
  readonly symbols: Readonly<Record<string, E | null>>;
  /**
   * Sizes of free dimensions at which shares, bars and ≈ are taken, and why those: `batch` is 1, `file` has it as its own
   * example, `given` for a comparison, `choice` is opcount's. Null if no sizes were found at which the model runs; absent where nothing is symbolic.
   */
  readonly shown?: Readonly<Record<string, ShownSize>> | null;
  readonly totals: ReportTotals<N>;
  /** Where memory is at its worst; null if free dimensions leave the moment open. */
  readonly peak: {
    readonly path: string;
    readonly op: string;
    readonly alive: readonly (ReportTensor<E> & { readonly bytes: N })[];
  } | null;
  /** Memory by a plan that the file itself holds, at the file's own sizes: TensorFlow Lite Micro's. */
  readonly arena?: ReportArena;
  readonly coverage: {
    readonly nodes: number;
    readonly counted: number;
    readonly free: number;
    readonly unknown: readonly { readonly op: string; readonly nodes: number; readonly why: string }[];
  };
  readonly conventions: Readonly<Record<string, ReportConvention<N>>>;
  readonly layers: readonly ReportRow<N, E>[];
  readonly modules: ReportNode<N, E>;
  /** Operators in their order, what flows between them, and how long it lives; only if it was requested. */
  readonly schedule?: ReportSchedule<N, E>;
  /** Lower bounds of time on the devices asked for. */
  readonly bounds?: readonly DeviceBound[];
  /** Lines that tools print of their own models by themselves, to the letter: YOLOv5's. */
  readonly printed?: readonly PrintedLine[];
  /** Only for language models. */
  readonly serving?: ReportServing;
  /** Where it was requested. */
  readonly training?: ReportTraining;
  /** Times of a profile that was given. */
  readonly measured?: Measured;
  readonly notes: readonly Note[];
}
