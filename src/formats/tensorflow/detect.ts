import { isModelError } from '../../source/errors.js';
import { memorySource } from '../../source/memory.js';
import { BLANKS } from '../../wire/blanks.js';
import { type Field, scan } from '../../wire/scan.js';

/** A graph, a meta graph or a SavedModel, in text or not. */
export interface Kind {
  readonly of: 'graph' | 'meta' | 'saved';
  readonly text: boolean;
}

const LENGTH = 2;
const OF_TEXT: Readonly<Record<string, Kind['of']>> = {
  node: 'graph',
  library: 'graph',
  versions: 'graph',
  meta_info_def: 'meta',
  graph_def: 'meta',
  saved_model_schema_version: 'saved',
  meta_graphs: 'saved',
};
const TEXT = new RegExp(String.raw`^${BLANKS}(${Object.keys(OF_TEXT).join('|')})\s*[:{<]`);

/** The kind of a file by its first bytes; null for none of TensorFlow's. */
export function kindOf(head: Uint8Array): Kind | null {
  const first = head[0] ?? 0;
  if (first !== 0x0a && first !== 0x08 && first !== 0x12) return textKind(head);
  const fields = fieldsOf(head);
  const [lead, second] = fields;
  // A line end may begin a text too.
  if (lead === undefined) return textKind(head);
  const inside = (field: Field): readonly Field[] => fieldsOf(head.subarray(field.start, field.end));
  if (lead.number === 1 && lead.wire === 0)
    return second?.number === 2 && second.wire === LENGTH && isMeta(inside(second), inside2(head, second))
      ? { of: 'saved', text: false }
      : null;
  if (lead.number === 2 && lead.wire === LENGTH)
    return isMeta(inside(lead), inside2(head, lead)) ? { of: 'saved', text: false } : null;
  if (lead.number !== 1 || lead.wire !== LENGTH) return null;
  const parts = inside(lead);
  if (isNode(head.subarray(lead.start, lead.end), parts)) return { of: 'graph', text: false };
  return isInfo(parts) ? { of: 'meta', text: false } : textKind(head);
}

function textKind(head: Uint8Array): Kind | null {
  const text = new TextDecoder().decode(head);
  const [, word] = TEXT.exec(text) ?? [];
  if (word === undefined) return null;
  // Other formats have nodes and graphs too; TensorFlow's have an operator each.
  if (word === 'node' && !/\bop\s*:\s*["']/.test(text)) return null;
  return { of: OF_TEXT[word] as Kind['of'], text: true };
}

/** The fields of the first field within a field. */
function inside2(head: Uint8Array, field: Field): readonly Field[] {
  const bytes = head.subarray(field.start, field.end);
  const [first] = fieldsOf(bytes);
  return first === undefined || first.wire !== LENGTH ? [] : fieldsOf(bytes.subarray(first.start, first.end));
}

/** A meta graph begins with what is said of it: `stripped_op_list`, tags, a version. */
function isMeta(fields: readonly Field[], first: readonly Field[]): boolean {
  const [lead] = fields;
  if (lead === undefined || lead.wire !== LENGTH) return false;
  return (lead.number === 1 && isInfo(first)) || (lead.number === 2 && first[0]?.number === 1);
}

function isInfo(fields: readonly Field[]): boolean {
  const [lead] = fields;
  return lead !== undefined && lead.wire === LENGTH && lead.number >= 2 && lead.number <= 6;
}

/** A node has a name and an operator. */
function isNode(bytes: Uint8Array, fields: readonly Field[]): boolean {
  const [name, op] = fields;
  if (name?.number !== 1 || name.wire !== LENGTH || op?.number !== 2 || op.wire !== LENGTH) return false;
  return /^_?[A-Z]\w*$/.test(new TextDecoder().decode(bytes.subarray(op.start, op.end)));
}

function fieldsOf(bytes: Uint8Array): Field[] {
  const found: Field[] = [];
  try {
    for (const field of scan(memorySource(bytes), { partial: true })) {
      found.push(field);
      if (found.length >= 4) break;
    }
  } catch (error) {
    if (!isModelError(error)) throw error;
    return found;
  }
  return found;
}
