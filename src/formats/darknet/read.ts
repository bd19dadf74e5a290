import type { Ledger } from '../../ledger/index.js';
import { ModelError } from '../../source/errors.js';
import type { Source } from '../../source/index.js';
import type { LayerNode } from '../layer-graph/layer.js';
import { ledgerOfLayers, unread } from '../layer-graph/read.js';
import type { ReadOptions } from '../types.js';
import { ruleFor } from './layers/index.js';
import { FORMAT, type Section, sectionsOf } from './parse.js';

const INPUT = 'input';

/** Reads a Darknet network, run on one image, from its `.cfg` file alone. Throws ModelError. */
export function readDarknet(source: Source, options: ReadOptions = {}): Ledger {
  const [net, ...layers] = sectionsOf(source);
  if (net === undefined || net.type !== 'net' || layers.length === 0)
    throw new ModelError('malformed', 'the file has no layers after its [net]', {
      format: FORMAT,
      hint: 'Give the .cfg of a network.',
    });
  const nodes = layers.map((section, i): LayerNode<Section> => {
    const previous = i === 0 ? INPUT : String(i - 1);
    return {
      name: String(i),
      opType: section.type,
      input: readsOf(section, i, previous),
      output: [String(i)],
      attrs: section,
    };
  });
  return ledgerOfLayers(
    {
      format: FORMAT,
      name: source.name,
      producer: null,
      nodes,
      inputs: [{ name: INPUT, type: { dtype: 'float32', shape: inputShape(net) } }],
      outputs: outputsOf(nodes),
      rule: (node) => ruleFor(node.opType),
      scope: (node) => [{ path: node.name, type: node.opType, call: 0 }],
      file: source,
    },
    options,
  );
}

/** One image, or this many numbers a row; a recurrent network takes its steps one after the other. */
function inputShape(net: Section): number[] {
  const extents = ['channels', 'height', 'width'].map((name) => net.integer(name, 0));
  const steps = Math.max(1, net.integer('time_steps', 1));
  const given = net.integer('inputs', 0);
  if (extents.every((d) => d > 0)) return [steps, ...extents];
  if (given > 0) return [steps, given];
  throw new ModelError('malformed', '[net] says neither width, height and channels nor inputs', {
    format: FORMAT,
    at: { line: net.line },
    hint: 'Write width=, height= and channels= into its first section.',
  });
}

/** Which layers a layer reads: those that it names, by number or counted back from itself, beside the one in front. */
function readsOf(section: Section, i: number, previous: string): string[] {
  const named = (name: string): string[] => {
    const from = section.integers(name);
    if (from.length === 0 && section.type !== 'silence')
      throw new ModelError('malformed', `[${section.type}] does not say which layers it reads`, {
        format: FORMAT,
        at: { line: section.line, node: String(i) },
        hint: `Write ${name}=-2, or the number of a layer.`,
      });
    return from.map((k) => {
      const at = k < 0 ? i + k : k;
      if (at < 0 || at >= i)
        throw new ModelError('malformed', `layer ${i} reads layer ${at}, which does not come before it`, {
          format: FORMAT,
          at: { line: section.line, node: String(i) },
          hint: 'Numbers count from 0 after [net]; negative ones count back.',
        });
      return String(at);
    });
  };
  switch (section.type) {
    case 'route':
      return named('layers');
    case 'shortcut':
    case 'scale_channels':
    case 'sam':
    case 'shift_channels':
    case 'control_channels':
    case 'alternate_channels':
    case 'route2':
      return [previous, ...named('from')];
    case 'implicit_add':
    case 'implicit_mul':
    case 'implicit':
      return [];
    default:
      return [previous];
  }
}

/** Heads, and what nothing reads; a network for training ends in a loss, which is not one of the result. */
function outputsOf(nodes: readonly LayerNode<Section>[]): string[] {
  const heads = nodes.filter((node) => HEADS.has(node.opType)).map((node) => node.name);
  const [last = ''] = unread(nodes).slice(-1);
  return [...new Set([...heads, last])].filter((name) => name !== '');
}
const HEADS: ReadonlySet<string> = new Set(['yolo', 'gaussian_yolo', 'region', 'detection']);
