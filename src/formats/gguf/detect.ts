/** `GGUF` and a version. */
export function detect(head: Uint8Array): 'certain' | 'no' {
  return head[0] === 0x47 && head[1] === 0x47 && head[2] === 0x55 && head[3] === 0x46 ? 'certain' : 'no';
}
