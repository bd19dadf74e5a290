// The messages between the page and its worker. In: requests, with a model's slot. Out: plain data; every count a place in a
// compiled program, so that the page recounts by itself when a size changes. Add: a kind of `Request`, its entry in `Replies`,
// and a case in main.ts that imports the code on demand.
import type { Profile, ReconcileReport, ReportTraining, TrainingOptions, WhoPrints } from 'opcount';
import type { DimProgram, GivenFormula, StepSpan, StepTimeline } from 'opcount/ledger';
import type { BenchRuntime, FeedSpec, Machine, Times } from 'opcount/measure';
import type { PageModel, Ref } from '../sheet.js';

/** Where a model comes from; `files` are those chosen together, of which `main` is the model and the rest lie beside it. */
export type Origin =
  | {
      readonly kind: 'files';
      readonly files: readonly { readonly path: string; readonly file: Blob }[];
      readonly main: string;
      /** The model in a source: `Net(10)`. */
      readonly target?: string;
    }
  | { readonly kind: 'url'; readonly url: string; readonly name?: string }
  | { readonly kind: 'builtin'; readonly name: string }
  /** A model that was saved by the page: it is shown, and cannot be read again. */
  | { readonly kind: 'saved' };

/** A model slot: the one on show, or the one that it is compared with. */
export type Slot = 'a' | 'b';

export type GivenText = GivenFormula;

export type Request =
  | {
      readonly kind: 'open';
      readonly slot: Slot;
      readonly origin: Exclude<Origin, { kind: 'saved' }>;
      /** Extents of the inputs by name (or as `#0`, `#1` in order), in place of the file's: numbers, or names to leave free. */
      readonly inputs: Readonly<Record<string, readonly string[]>>;
      readonly given: Readonly<Record<string, GivenText>>;
      /** The page's own address, beside which Python lies where it is available. */
      readonly base: string;
    }
  | { readonly kind: 'convention'; readonly slot: Slot; readonly id: string; readonly bind: Bindings }
  | {
      readonly kind: 'export';
      readonly slot: Slot;
      readonly format: ExportFormat;
      readonly bind: Bindings;
      readonly conventions: readonly string[];
    }
  | { readonly kind: 'exact'; readonly slot: Slot; readonly bind: Bindings }
  | { readonly kind: 'tools'; readonly slot: Slot; readonly bind: Bindings }
  | { readonly kind: 'serving'; readonly slot: Slot; readonly asked: ServingAsked }
  | {
      readonly kind: 'training';
      readonly slot: Slot;
      readonly bind: Bindings;
      readonly options: TrainingOptions;
      readonly devices: readonly string[];
    }
  | { readonly kind: 'timeline'; readonly slot: Slot; readonly bind: Bindings; readonly options: TrainingOptions }
  | { readonly kind: 'reconcile'; readonly slot: Slot; readonly bind: Bindings; readonly number: string }
  | { readonly kind: 'measure-job'; readonly slot: Slot; readonly origin: Origin; readonly bind: Bindings }
  | {
      readonly kind: 'measured';
      readonly slot: Slot;
      readonly bind: Bindings;
      readonly times: Times;
      readonly machine: Machine;
      readonly runtime: BenchRuntime;
    }
  | {
      readonly kind: 'graph';
      readonly nodes: readonly GraphBox[];
      readonly edges: readonly (readonly [number, number])[];
    };

export type Bindings = Readonly<Record<string, number>>;
export type ExportFormat = 'csv' | 'json' | 'md' | 'html' | 'latex' | 'netron';

export interface GraphBox {
  readonly id: number;
  readonly width: number;
  readonly height: number;
}

/** The model of the first page, as a file beside it. */
export interface Example {
  readonly name: string;
  readonly sheet: PageModel;
  /** The free dimensions with the numbers that they have in it. */
  readonly freed: Readonly<Record<string, number>>;
  readonly prints: ToolPrints;
}

export interface Opened {
  readonly sheet: PageModel;
  /** Dimensions that were left free beyond what the model itself says, with the numbers they had. */
  readonly freed: Readonly<Record<string, number>>;
  /** Why the extents that were asked for could not be worked out. */
  readonly refused: Failure | null;
}

/** A convention's numbers: counts by its own names, and for each module path. */
export interface ConventionSheet {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  readonly words: string;
  readonly source: string;
  readonly program: DimProgram;
  readonly counts: readonly {
    readonly name: string;
    readonly unit: string;
    readonly ref: Ref;
    readonly text: string | null;
  }[];
  readonly params: Ref;
  readonly layers: readonly (readonly [path: string, refs: readonly Ref[]])[];
  readonly notes: readonly { readonly code: string; readonly message: string }[];
  /** It could not be worked out with dimensions left free: these numbers hold for the bindings alone. */
  readonly bound: boolean;
}

/** At which sizes, and in which formats, a language model is served. */
export interface ServingAsked {
  /** Tokens; null for a usual number. */
  readonly context: number | null;
  readonly batch: number;
  /** As the command line names them; null where the model's own stay. */
  readonly weights: string | null;
  readonly kv: string | null;
  /** Ids of devices. */
  readonly devices: readonly string[];
}

/** One tool's numbers: its counts by its own names, as places in the program of all tools. */
export interface ToolPrint {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  readonly counts: readonly { readonly name: string; readonly unit: string; readonly ref: Ref }[];
  /** These numbers hold for the bindings alone. */
  readonly atSizes: boolean;
  readonly fails: string | null;
}

export interface ToolPrints {
  readonly program: DimProgram;
  readonly tools: readonly ToolPrint[];
}

/** Every tool's number and how it comes about; with a number, who prints it. */
export interface Reconciled {
  readonly report: ReconcileReport;
  readonly who: WhoPrints | null;
  /** The number could not be read. */
  readonly wrong: Failure | null;
}

/** A language model's prefill and decode, its cache, and what devices allow. */
export type Serving = NonNullable<Profile['serving']>;

/** The bytes that a training step holds from moment to moment. */
export interface Moments {
  readonly moments: StepTimeline['moments'];
  readonly spans: readonly (Omit<StepSpan, 'bytes'> & { readonly bytes: number })[];
}

/** A model that can be run: what its file has, and what is made up. */
export interface MeasureJob {
  readonly model: Uint8Array;
  readonly beside: readonly { readonly path: string; readonly data: Uint8Array }[];
  readonly zeros: readonly { readonly path: string; readonly bytes: number }[];
  readonly missing: { readonly tensors: number; readonly bytes: number };
  readonly resized: readonly string[];
  readonly feeds: readonly FeedSpec[];
}

/** A measurement in words: the figures, and the runtime's kernels beside the work of their operators. */
export interface Measured {
  readonly figures: readonly (readonly [label: string, figure: string, words: string])[];
  readonly inputs: readonly string[];
  readonly kernels: {
    readonly columns: readonly { readonly title: string; readonly align: 'left' | 'right' }[];
    readonly rows: readonly { readonly cells: readonly string[]; readonly share: number }[];
    readonly seconds: string;
    readonly whole: string;
    readonly runs: number;
  } | null;
}

export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly { readonly id: number; readonly x: number; readonly y: number }[];
  readonly edges: readonly (readonly (readonly [number, number])[])[];
}

export interface Failure {
  readonly message: string;
  readonly format: string | null;
  /** Module, node, field, byte: as far as it is known. */
  readonly place: readonly string[];
  readonly hint: string | null;
  /** Whether trying again may help. */
  readonly again: boolean;
}

export interface Progress {
  readonly stage: 'reading' | 'fetching-python' | 'starting-python' | 'running-python' | 'counting';
  readonly read: number;
  readonly size: number;
}

/** The worker's answer to each kind of request. */
interface Replies {
  readonly open: Opened;
  readonly convention: ConventionSheet;
  readonly export: { readonly text: string; readonly type: string; readonly extension: string };
  readonly reconcile: Reconciled;
  readonly serving: Serving | null;
  readonly training: ReportTraining | null;
  readonly timeline: Moments | null;
  readonly tools: ToolPrints;
  readonly exact: readonly string[];
  readonly 'measure-job': MeasureJob;
  readonly measured: Measured;
  readonly graph: GraphLayout;
}

export type Reply<R extends Request = Request> = Replies[R['kind']];

export type ToWorker =
  | { readonly id: number; readonly request: Request }
  /** The sandbox of that number has failed. */
  | { readonly sandbox: number; readonly failed: string };

export type FromWorker =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly failure: Failure }
  | { readonly id: number; readonly progress: Progress }
  /** Asks for a sandbox that runs a script and has a port; null ends the one of that number. */
  | { readonly sandbox: number; readonly open: { readonly script: Blob; readonly port: MessagePort } | null };
