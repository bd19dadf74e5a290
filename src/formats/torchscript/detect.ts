/** A zip of torch.jit.save: one folder with a pickled module, and the code that it runs. */
export function archived(names: readonly string[]): 'certain' | 'no' {
  const pickle = names.find((name) => /^[^/]*\/?data\.pkl$/.test(name));
  if (pickle === undefined) return 'no';
  const code = `${pickle.slice(0, -'data.pkl'.length)}code/`;
  return names.some((name) => name.startsWith(code)) ? 'certain' : 'no';
}
