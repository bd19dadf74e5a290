import { alignModules, type ComparedModule } from 'opcount';
import type { NodeSheet, PageModel } from '../../sheet.js';
import type { BothCounts, OneCount } from '../../state/compare.js';
import { className } from '../../ui/numbers.js';

/** A module of one model, with its children themselves. */
export interface ModuleTree extends ComparedModule<ModuleTree> {
  readonly node: NodeSheet;
}

/** One model's share in a row: how much of the count, and whether that is all of it. */
export interface OneSide {
  readonly value: number;
  readonly partial: boolean;
}

/** Modules of either model, or of both, side by side. */
export interface ModulePair {
  readonly name: string;
  readonly level: number;
  readonly a: ModuleTree | null;
  readonly b: ModuleTree | null;
}

/** A pair with its counts; null on the side that does not have the module. */
export interface CountedPair extends ModulePair {
  readonly left: OneSide | null;
  readonly right: OneSide | null;
}

/** The modules of two models side by side down to a level, without the models themselves. */
export function modulePairs(a: PageModel, b: PageModel, depth: number): readonly ModulePair[] {
  return alignModules(treeOf(a, 0), treeOf(b, 0), depth).slice(1);
}

function treeOf(sheet: PageModel, id: number): ModuleTree {
  const node = sheet.nodes[id] as NodeSheet;
  return {
    name: node.name,
    type: className(node.type),
    node,
    children: node.children.map((child) => treeOf(sheet, child)),
  };
}

export function countedPairs(pairs: readonly ModulePair[], by: BothCounts | undefined): CountedPair[] {
  return pairs.map((pair) => ({
    ...pair,
    left: sideOf(pair.a?.node, by?.left),
    right: sideOf(pair.b?.node, by?.right),
  }));
}

function sideOf(node: NodeSheet | undefined, count: OneCount | undefined): OneSide | null {
  if (node === undefined) return null;
  return { value: count?.nodes?.[node.id] ?? 0, partial: (count?.partial ?? false) && node.unknown > 0 };
}

/** Whether a row says that the models differ: in a number, or in having the module at all. */
export function differs({ left, right }: CountedPair): boolean {
  return left === null || right === null || left.value !== right.value;
}

/** How much more the second has; a side without the module has nothing. Null where either count is incomplete. */
export function differenceOf(left: OneSide | null, right: OneSide | null): number | null {
  if (left?.partial === true || right?.partial === true) return null;
  return (right?.value ?? 0) - (left?.value ?? 0);
}
