import type { Config } from './config.js';

/** Types whose heads must divide their width: the reference builds no model where they do not. */
const DIVIDES: ReadonlySet<string> = new Set(
  `albert arcee aria_text bart bert bert-generation big_bird bigbird_pegasus biogpt blenderbot-small bloom camembert codegen ctrl cwm
  data2vec-text data2vec-vision deberta-v2 distilbert ernie esmc eurobert falcon fsmt gemma2 gemma3_text gemma3n_text gpt-sw3 gpt2
  gpt_bigcode gpt_neo gpt_neox gpt_neox_japanese gptj helium hrm_text hubert hyperclovax imagegpt jais2 llama longformer m2m_100 marian mbart minicpm3
  modernbert modernbert-decoder mpnet mpt mvp openai-gpt opt pegasus pegasus_x persimmon plbart prophetnet roberta
  roberta-prelayernorm roc_bert seamless_m4t seamless_m4t_v2 stablelm vaultgemma wav2vec2 whisper xglm xlm-roberta
  xlm-roberta-xl`.split(/\s+/),
);
const WIDTHS = ['hidden_size', 'd_model'] as const;
const DECODERS = ['decoder_attention_heads', 'num_decoder_attention_heads'] as const;

/** Refuses sizes that make no model, by the field that is wrong. Throws ModelError `malformed`. */
export function checkSizes(c: Config, architecture = ''): void {
  const number = (name: string): number | null => {
    const value = c.get(name);
    return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : null;
  };
  // A decoder alone has no use for the heads of an encoder, by whose name this goes in models that have both.
  const decoderAlone = /CausalLM$/.test(architecture) && DECODERS.some((name) => number(name) !== null);
  const width = WIDTHS.map(number).find((n) => n !== null) ?? null;
  if (DIVIDES.has(c.type) && width !== null)
    for (const name of [...DECODERS, ...(decoderAlone ? [] : ['num_attention_heads'])]) {
      const heads = number(name);
      if (heads !== null && width % heads !== 0) throw c.wrong(name, `is ${heads}, which does not divide ${width}`);
    }
  const [experts, groups] = [number('n_routed_experts'), number('n_group')];
  if (experts !== null && groups !== null && experts % groups !== 0)
    throw c.wrong('n_group', `is ${groups}, which does not divide ${experts} experts`);
}
