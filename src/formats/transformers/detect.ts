const KEYS = /"(?:model_type|architectures|peft_type|medusa_num_heads)"\s*:/;
const CONFIG_NAME = /(?:^|[/\\])config\.json(?:[?#].*)?$/i;

/** Whether the first bytes are those of a configuration: a JSON object that names a model type, an architecture or an adapter. */
export function detect(head: Uint8Array, name: string): 'certain' | 'likely' | 'no' {
  let i = head[0] === 0xef ? 3 : 0;
  while (i < head.length && (head[i] as number) <= 0x20) i++;
  if (head[i] !== 0x7b) return 'no';
  if (KEYS.test(new TextDecoder().decode(head))) return 'certain';
  return CONFIG_NAME.test(name) ? 'likely' : 'no';
}
