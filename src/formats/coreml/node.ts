import type { Graph, GraphNode } from '../../graph/index.js';
import type { DType } from '../../tensor/index.js';
import type { ProtoMessage } from '../../wire/proto-message.js';

/** A layer of a neural network. */
export interface CoreNode extends GraphNode {
  readonly params: ProtoMessage;
  /** Names of its weights, which are after its inputs. */
  readonly blobs: readonly string[];
}

/** A stored tensor. */
export interface StoredBlob {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly kind: 'parameter' | 'buffer';
  /** Of a constant, which may decide shapes: `WeightParams`. */
  readonly params: ProtoMessage | null;
  readonly constant: boolean;
}

export interface NetworkInfo {
  readonly stored: ReadonlyMap<string, StoredBlob>;
}

export type NetworkGraph = Graph<CoreNode, NetworkInfo>;
