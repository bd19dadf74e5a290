import type { Ledger } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import { paged } from '../../source/pages.js';
import { rootTable } from '../../wire/flatbuffers.js';
import { ledgerOfFile } from '../onnx/model.js';
import { tensorReader } from '../onnx/tensors.js';
import type { ReadOptions } from '../types.js';
import { FORMAT, modelOf } from './schema.js';

/**
 * Reads an ONNX Runtime file: its graph by ONNX's operators, every shape recomputed from the inputs. Weights are not
 * read. Throws ModelError.
 */
export function readOrt(given: Source, options: ReadOptions = {}): Ledger {
  const source = paged(given);
  const session = rootTable({ source, format: FORMAT });
  const table = session.table(1);
  const model = table === null ? null : modelOf(table);
  if (model?.graph === undefined)
    throw new ModelError('malformed', `${given.name} has no graph`, {
      format: FORMAT,
      at: { field: 'InferenceSession.model' },
      hint: 'the file is damaged, or of a kind that ONNX Runtime no longer writes: convert the .onnx again',
    });
  const file = { source, file: source, model, graph: model.graph, tensors: tensorReader(source) };
  // Asked first: nodes are released as they run.
  const blocked = model.graph.node.some((n) => n.domain === 'com.microsoft.nchwc');
  const ledger = ledgerOfFile(file, options, FORMAT);
  if (!blocked) return ledger;
  const message =
    'the file was optimised for one kind of processor: channels of its blocked convolutions may be padded, which counts them in params and MACs; convert the .onnx again without that (--optimization_style Runtime, or a level below all)';
  return { ...ledger, notes: [...ledger.notes, { code: 'compiled-layout', message }] };
}
