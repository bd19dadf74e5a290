// Comes in: an ONNX model, input shapes, and a runtime that can run it. Goes out: times: of whole runs, of each operator beside
// its work, and of the two things that bound them, a large matrix product and a large copy in the same runtime.
// Weights that a file does not have are zeros, and the file itself is never written to. The runtime is the caller's: in Node a
// process of its own (node/), in the page a worker. The only room that runs a model.
// Add here: another thing to measure as a job of measure.ts; another runtime as a Host.

export { type Bench, type BenchPoint, type BenchRuntime, type PointOf, pointOf } from './bench.js';
export { type Beside, type Completion, completeModel } from './complete.js';
export { type Feed, type FeedSpec, feedsOf } from './feeds.js';
export { type Machine, measureMachine } from './machine.js';
export { type Host, type Job, measureModel, type Ort, type OrtSession, type Stage, type Times } from './measure.js';
export { batchOf, type Prepared, prepareSource, specsOf } from './prepare.js';
export { type Timing, timingOf } from './timing.js';
