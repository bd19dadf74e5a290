/** Nothing in the bytes tells a Python source for certain; its name does. */
export function detect(head: Uint8Array, name: string): 'certain' | 'likely' | 'no' {
  return /\.py$/i.test(name) && !head.includes(0) ? 'likely' : 'no';
}
