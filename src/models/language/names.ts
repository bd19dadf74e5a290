/** Published models by name: title, and the configuration where it is not the default of its type. One a line. */
const TABLE = `
bart-large|bart large|{"model_type":"bart","architectures":["BartForConditionalGeneration"]}
bert-base|bert base|{"model_type":"bert","architectures":["BertForMaskedLM"]}
bloom-7b1|bloom 7b1|{"model_type":"bloom","architectures":["BloomForCausalLM"],"hidden_size":4096,"n_layer":30,"n_head":32,"vocab_size":250880,"dtype":"float16"}
command-r|command r|{"model_type":"cohere","architectures":["CohereForCausalLM"],"dtype":"float16"}
command-r-plus|Command R+|{"model_type":"cohere","architectures":["CohereForCausalLM"],"hidden_size":12288,"num_hidden_layers":64,"num_attention_heads":96,"num_key_value_heads":8,"intermediate_size":33792,"use_qk_norm":true,"vocab_size":256000,"dtype":"float16"}
deepseek-r1|DeepSeek R1|{"model_type":"deepseek_v3","architectures":["DeepseekV3ForCausalLM"],"dtype":"bfloat16","quantization_config":{"quant_method":"fp8","fmt":"e4m3","activation_scheme":"dynamic","weight_block_size":[128,128]}}
deepseek-v2|DeepSeek V2|{"model_type":"deepseek_v2","architectures":["DeepseekV2ForCausalLM"],"hidden_size":5120,"num_hidden_layers":60,"num_attention_heads":128,"num_key_value_heads":128,"q_lora_rank":1536,"kv_lora_rank":512,"qk_nope_head_dim":128,"qk_rope_head_dim":64,"v_head_dim":128,"intermediate_size":12288,"moe_intermediate_size":1536,"n_routed_experts":160,"n_shared_experts":2,"num_experts_per_tok":6,"first_k_dense_replace":1,"vocab_size":102400,"dtype":"bfloat16"}
deepseek-v2-lite|DeepSeek V2 Lite|{"model_type":"deepseek_v2","architectures":["DeepseekV2ForCausalLM"],"hidden_size":2048,"intermediate_size":10944,"moe_intermediate_size":1408,"num_hidden_layers":27,"num_attention_heads":16,"num_key_value_heads":16,"kv_lora_rank":512,"q_lora_rank":null,"qk_rope_head_dim":64,"qk_nope_head_dim":128,"v_head_dim":128,"n_routed_experts":64,"n_shared_experts":2,"num_experts_per_tok":6,"first_k_dense_replace":1,"topk_method":"greedy","n_group":1,"topk_group":1,"norm_topk_prob":false,"vocab_size":102400,"dtype":"bfloat16"}
deepseek-v3|DeepSeek V3|{"model_type":"deepseek_v3","architectures":["DeepseekV3ForCausalLM"],"dtype":"bfloat16","quantization_config":{"quant_method":"fp8","fmt":"e4m3","activation_scheme":"dynamic","weight_block_size":[128,128]}}
deepseek-v4-flash|DeepSeek V4 Flash|{"model_type":"deepseek_v4","architectures":["DeepseekV4ForCausalLM"],"dtype":"bfloat16"}
distilbert-base|distilbert base|{"model_type":"distilbert","architectures":["DistilBertForMaskedLM"]}
electra-small|electra small|{"model_type":"electra","architectures":["ElectraForMaskedLM"],"embedding_size":128,"hidden_size":256,"num_attention_heads":4,"intermediate_size":1024}
falcon-7b|falcon 7b|{"model_type":"falcon","architectures":["FalconForCausalLM"],"dtype":"bfloat16"}
gemma-2-27b|Gemma 2 27B|{"model_type":"gemma2","architectures":["Gemma2ForCausalLM"],"hidden_size":4608,"intermediate_size":36864,"num_hidden_layers":46,"num_attention_heads":32,"num_key_value_heads":16,"head_dim":128,"dtype":"bfloat16"}
gemma-2-2b|Gemma 2 2B|{"model_type":"gemma2","architectures":["Gemma2ForCausalLM"],"dtype":"bfloat16"}
gemma-2-9b|gemma 2 9b|{"model_type":"gemma2","architectures":["Gemma2ForCausalLM"],"hidden_size":3584,"intermediate_size":14336,"num_hidden_layers":42,"num_attention_heads":16,"num_key_value_heads":8,"head_dim":256,"dtype":"bfloat16"}
gemma-3-12b|Gemma 3 12B, text|{"model_type":"gemma3_text","architectures":["Gemma3ForCausalLM"],"hidden_size":3840,"num_hidden_layers":48,"num_attention_heads":16,"num_key_value_heads":8,"head_dim":256,"intermediate_size":15360,"sliding_window":1024,"vocab_size":262208,"dtype":"bfloat16"}
gemma-3-1b|gemma 3 1b|{"model_type":"gemma3_text","architectures":["Gemma3ForCausalLM"],"hidden_size":1152,"intermediate_size":6912,"num_hidden_layers":26,"num_attention_heads":4,"num_key_value_heads":1,"head_dim":256,"vocab_size":262144,"sliding_window":512,"dtype":"bfloat16"}
gemma-3-27b|Gemma 3 27B, text|{"model_type":"gemma3_text","architectures":["Gemma3ForCausalLM"],"hidden_size":5376,"num_hidden_layers":62,"num_attention_heads":32,"num_key_value_heads":16,"head_dim":128,"intermediate_size":21504,"sliding_window":1024,"vocab_size":262208,"dtype":"bfloat16"}
gemma-7b|gemma 7b|{"model_type":"gemma","architectures":["GemmaForCausalLM"],"dtype":"bfloat16"}
glm-4.5|GLM 4.5|{"model_type":"glm4_moe","architectures":["Glm4MoeForCausalLM"],"hidden_size":5120,"num_hidden_layers":92,"num_attention_heads":96,"num_key_value_heads":8,"head_dim":128,"attention_bias":true,"use_qk_norm":true,"intermediate_size":12288,"moe_intermediate_size":1536,"n_routed_experts":160,"n_shared_experts":1,"num_experts_per_tok":8,"first_k_dense_replace":3,"vocab_size":151552,"dtype":"bfloat16"}
glm-4.5-air|GLM 4.5 Air|{"model_type":"glm4_moe","architectures":["Glm4MoeForCausalLM"],"hidden_size":4096,"num_hidden_layers":46,"num_attention_heads":96,"num_key_value_heads":8,"head_dim":128,"attention_bias":true,"use_qk_norm":false,"intermediate_size":10944,"moe_intermediate_size":1408,"n_routed_experts":128,"n_shared_experts":1,"num_experts_per_tok":8,"first_k_dense_replace":1,"vocab_size":151552,"dtype":"bfloat16"}
glm-5|GLM 5|{"model_type":"glm_moe_dsa","architectures":["GlmMoeDsaForCausalLM"],"dtype":"bfloat16"}
gpt-oss-120b|gpt oss 120b|{"model_type":"gpt_oss","architectures":["GptOssForCausalLM"],"dtype":"bfloat16","quantization_config":{"quant_method":"mxfp4","modules_to_not_convert":["model.layers.*.self_attn","model.layers.*.mlp.router","model.embed_tokens","lm_head"]}}
gpt-oss-20b|gpt oss 20b|{"model_type":"gpt_oss","architectures":["GptOssForCausalLM"],"num_hidden_layers":24,"num_local_experts":32,"dtype":"bfloat16","quantization_config":{"quant_method":"mxfp4","modules_to_not_convert":["model.layers.*.self_attn","model.layers.*.mlp.router","model.embed_tokens","lm_head"]}}
gpt2|GPT-2|{"model_type":"gpt2","architectures":["GPT2LMHeadModel"]}
gpt2-large|GPT-2 large|{"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"n_embd":1280,"n_layer":36,"n_head":20}
gpt2-medium|GPT-2 medium|{"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"n_embd":1024,"n_layer":24,"n_head":16}
gpt2-xl|GPT-2 XL|{"model_type":"gpt2","architectures":["GPT2LMHeadModel"],"n_embd":1600,"n_layer":48,"n_head":25}
jamba-v0.1|Jamba v0.1|{"model_type":"jamba","architectures":["JambaForCausalLM"],"dtype":"bfloat16"}
kimi-k2|Kimi K2|{"model_type":"kimi_k2","architectures":["DeepseekV3ForCausalLM"],"hidden_size":7168,"num_hidden_layers":61,"num_attention_heads":64,"num_key_value_heads":64,"q_lora_rank":1536,"kv_lora_rank":512,"qk_nope_head_dim":128,"qk_rope_head_dim":64,"v_head_dim":128,"intermediate_size":18432,"moe_intermediate_size":2048,"n_routed_experts":384,"n_shared_experts":1,"num_experts_per_tok":8,"first_k_dense_replace":1,"vocab_size":163840,"dtype":"bfloat16","quantization_config":{"quant_method":"fp8","fmt":"e4m3","activation_scheme":"dynamic","weight_block_size":[128,128]}}
kimi-linear-48b-a3b|Kimi Linear 48B A3B|{"model_type":"kimi_linear","architectures":["KimiLinearForCausalLM"],"dtype":"bfloat16"}
llama-2-13b|Llama 2 13B|{"model_type":"llama","architectures":["LlamaForCausalLM"],"hidden_size":5120,"intermediate_size":13824,"num_hidden_layers":40,"num_attention_heads":40,"num_key_value_heads":40,"vocab_size":32000,"tie_word_embeddings":false,"dtype":"float16"}
llama-2-70b|Llama 2 70B|{"model_type":"llama","architectures":["LlamaForCausalLM"],"hidden_size":8192,"intermediate_size":28672,"num_hidden_layers":80,"num_attention_heads":64,"num_key_value_heads":8,"vocab_size":32000,"tie_word_embeddings":false,"dtype":"float16"}
llama-2-7b|Llama 2 7B|{"model_type":"llama","architectures":["LlamaForCausalLM"],"hidden_size":4096,"intermediate_size":11008,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":32,"vocab_size":32000,"tie_word_embeddings":false,"dtype":"float16"}
llama-3-8b|Llama 3 8B|{"model_type":"llama","architectures":["LlamaForCausalLM"],"hidden_size":4096,"intermediate_size":14336,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"vocab_size":128256,"tie_word_embeddings":false,"dtype":"bfloat16"}
llama-3.1-405b|Llama 3.1 405B|{"model_type":"llama","architectures":["LlamaForCausalLM"],"hidden_size":16384,"intermediate_size":53248,"num_hidden_layers":126,"num_attention_heads":128,"num_key_value_heads":8,"vocab_size":128256,"tie_word_embeddings":false,"max_position_embeddings":131072,"dtype":"bfloat16"}
llama-3.1-70b|Llama 3.1 70B|{"model_type":"llama","architectures":["LlamaForCausalLM"],"hidden_size":8192,"intermediate_size":28672,"num_hidden_layers":80,"num_attention_heads":64,"num_key_value_heads":8,"vocab_size":128256,"tie_word_embeddings":false,"dtype":"bfloat16"}
llama-3.1-8b|Llama 3.1 8B|{"model_type":"llama","architectures":["LlamaForCausalLM"],"hidden_size":4096,"intermediate_size":14336,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"vocab_size":128256,"tie_word_embeddings":false,"max_position_embeddings":131072,"dtype":"bfloat16"}
llama-3.2-1b|Llama 3.2 1B|{"model_type":"llama","architectures":["LlamaForCausalLM"],"hidden_size":2048,"intermediate_size":8192,"num_hidden_layers":16,"num_attention_heads":32,"num_key_value_heads":8,"vocab_size":128256,"tie_word_embeddings":true,"max_position_embeddings":131072,"head_dim":64,"dtype":"bfloat16"}
llama-3.2-3b|Llama 3.2 3B|{"model_type":"llama","architectures":["LlamaForCausalLM"],"hidden_size":3072,"intermediate_size":8192,"num_hidden_layers":28,"num_attention_heads":24,"num_key_value_heads":8,"vocab_size":128256,"tie_word_embeddings":true,"dtype":"bfloat16"}
llama-3.3-70b|Llama 3.3 70B|{"model_type":"llama","architectures":["LlamaForCausalLM"],"hidden_size":8192,"intermediate_size":28672,"num_hidden_layers":80,"num_attention_heads":64,"num_key_value_heads":8,"vocab_size":128256,"tie_word_embeddings":false,"dtype":"bfloat16"}
llama-4-maverick|Llama 4 Maverick, text|{"model_type":"llama4_text","architectures":["Llama4ForCausalLM"],"num_local_experts":128,"interleave_moe_layer_step":2,"dtype":"bfloat16"}
llama-4-scout|Llama 4 Scout, text|{"model_type":"llama4_text","architectures":["Llama4ForCausalLM"],"dtype":"bfloat16"}
llava-1.5-7b|llava 1.5 7b|{"model_type":"llava","architectures":["LlavaForConditionalGeneration"],"text_config":{"model_type":"llama","vocab_size":32064,"hidden_size":4096,"intermediate_size":11008,"num_hidden_layers":32,"num_attention_heads":32,"max_position_embeddings":4096},"vision_config":{"model_type":"clip_vision_model","hidden_size":1024,"intermediate_size":4096,"num_hidden_layers":24,"num_attention_heads":16,"image_size":336,"patch_size":14,"projection_dim":768},"dtype":"float16"}
mamba-2.8b|mamba 2.8b|{"model_type":"mamba","architectures":["MambaForCausalLM"],"hidden_size":2560,"num_hidden_layers":64,"vocab_size":50280,"state_size":16}
minimax-m2|MiniMax M2|{"model_type":"minimax_m2","architectures":["MiniMaxM2ForCausalLM"],"dtype":"bfloat16"}
mistral-7b-v0.1|Mistral 7B v0.1|{"model_type":"mistral","architectures":["MistralForCausalLM"],"dtype":"bfloat16"}
mistral-large-2|Mistral Large 2|{"model_type":"mistral","architectures":["MistralForCausalLM"],"hidden_size":12288,"intermediate_size":28672,"num_hidden_layers":88,"num_attention_heads":96,"num_key_value_heads":8,"head_dim":128,"vocab_size":32768,"sliding_window":null,"dtype":"bfloat16"}
mistral-nemo|Mistral Nemo 12B|{"model_type":"mistral","architectures":["MistralForCausalLM"],"hidden_size":5120,"intermediate_size":14336,"num_hidden_layers":40,"num_attention_heads":32,"num_key_value_heads":8,"head_dim":128,"vocab_size":131072,"sliding_window":null,"dtype":"bfloat16"}
mistral-small-24b|Mistral Small 24B|{"model_type":"mistral","architectures":["MistralForCausalLM"],"hidden_size":5120,"intermediate_size":32768,"num_hidden_layers":40,"num_attention_heads":32,"num_key_value_heads":8,"head_dim":128,"vocab_size":131072,"sliding_window":null,"dtype":"bfloat16"}
mixtral-8x22b|Mixtral 8x22B|{"model_type":"mixtral","architectures":["MixtralForCausalLM"],"hidden_size":6144,"intermediate_size":16384,"num_hidden_layers":56,"num_attention_heads":48,"num_key_value_heads":8,"vocab_size":32768,"dtype":"bfloat16"}
mixtral-8x7b|Mixtral 8x7B|{"model_type":"mixtral","architectures":["MixtralForCausalLM"],"dtype":"bfloat16"}
mpt-7b|mpt 7b|{"model_type":"mpt","architectures":["MptForCausalLM"],"d_model":4096,"n_heads":32,"n_layers":32,"vocab_size":50432,"max_seq_len":2048,"expansion_ratio":4,"dtype":"bfloat16"}
olmo-2-7b|OLMo 2 7B|{"model_type":"olmo2","architectures":["Olmo2ForCausalLM"],"hidden_size":4096,"intermediate_size":11008,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":32,"vocab_size":100352}
olmoe-1b-7b|OLMoE 1B 7B|{"model_type":"olmoe","architectures":["OlmoeForCausalLM"],"hidden_size":2048,"intermediate_size":1024,"num_hidden_layers":16,"num_attention_heads":16,"num_experts":64,"num_experts_per_tok":8,"vocab_size":50304,"dtype":"bfloat16"}
opt-6.7b|opt 6.7b|{"model_type":"opt","architectures":["OPTForCausalLM"],"hidden_size":4096,"ffn_dim":16384,"num_hidden_layers":32,"num_attention_heads":32,"vocab_size":50272,"word_embed_proj_dim":4096,"max_position_embeddings":2048,"dtype":"float16"}
phi-2|Phi 2|{"model_type":"phi","architectures":["PhiForCausalLM"],"hidden_size":2560,"intermediate_size":10240,"num_hidden_layers":32,"num_attention_heads":32,"partial_rotary_factor":0.4,"vocab_size":51200,"dtype":"float16"}
phi-3-mini|Phi 3 mini|{"model_type":"phi3","architectures":["Phi3ForCausalLM"],"dtype":"bfloat16"}
phi-4|Phi 4|{"model_type":"phi3","architectures":["Phi3ForCausalLM"],"hidden_size":5120,"intermediate_size":17920,"num_hidden_layers":40,"num_attention_heads":40,"num_key_value_heads":10,"vocab_size":100352,"tie_word_embeddings":false,"dtype":"bfloat16"}
pythia-1.4b|pythia 1.4b|{"model_type":"gpt_neox","architectures":["GPTNeoXForCausalLM"],"hidden_size":2048,"intermediate_size":8192,"num_hidden_layers":24,"num_attention_heads":16,"vocab_size":50304,"rotary_pct":0.25,"dtype":"float16"}
qwen1.5-moe-a2.7b|Qwen1.5 MoE A2.7B|{"model_type":"qwen2_moe","architectures":["Qwen2MoeForCausalLM"],"dtype":"bfloat16"}
qwen2.5-0.5b|Qwen 2.5 0.5B|{"model_type":"qwen2","architectures":["Qwen2ForCausalLM"],"hidden_size":896,"intermediate_size":4864,"num_hidden_layers":24,"num_attention_heads":14,"num_key_value_heads":2,"vocab_size":151936,"tie_word_embeddings":true,"dtype":"bfloat16"}
qwen2.5-72b|Qwen2.5 72B|{"model_type":"qwen2","architectures":["Qwen2ForCausalLM"],"hidden_size":8192,"intermediate_size":29568,"num_hidden_layers":80,"num_attention_heads":64,"num_key_value_heads":8,"vocab_size":152064,"tie_word_embeddings":false,"dtype":"bfloat16"}
qwen2.5-7b|Qwen2.5 7B|{"model_type":"qwen2","architectures":["Qwen2ForCausalLM"],"hidden_size":3584,"intermediate_size":18944,"num_hidden_layers":28,"num_attention_heads":28,"num_key_value_heads":4,"vocab_size":152064,"tie_word_embeddings":false,"dtype":"bfloat16"}
qwen3-0.6b|Qwen3 0.6B|{"model_type":"qwen3","architectures":["Qwen3ForCausalLM"],"hidden_size":1024,"intermediate_size":3072,"num_hidden_layers":28,"num_attention_heads":16,"num_key_value_heads":8,"head_dim":128,"vocab_size":151936,"tie_word_embeddings":true,"dtype":"bfloat16","max_position_embeddings":40960}
qwen3-235b-a22b|Qwen 3 235B A22B|{"model_type":"qwen3_moe","architectures":["Qwen3MoeForCausalLM"],"hidden_size":4096,"intermediate_size":12288,"num_hidden_layers":94,"num_attention_heads":64,"num_key_value_heads":4,"head_dim":128,"vocab_size":151936,"tie_word_embeddings":false,"moe_intermediate_size":1536,"num_experts":128,"num_experts_per_tok":8,"dtype":"bfloat16","max_position_embeddings":40960}
qwen3-30b-a3b|Qwen3 30B A3B|{"model_type":"qwen3_moe","architectures":["Qwen3MoeForCausalLM"],"hidden_size":2048,"intermediate_size":6144,"moe_intermediate_size":768,"num_hidden_layers":48,"num_attention_heads":32,"num_key_value_heads":4,"head_dim":128,"num_experts":128,"num_experts_per_tok":8,"norm_topk_prob":true,"vocab_size":151936,"tie_word_embeddings":false,"decoder_sparse_step":1,"mlp_only_layers":[],"dtype":"bfloat16","max_position_embeddings":40960}
qwen3-32b|Qwen 3 32B|{"model_type":"qwen3","architectures":["Qwen3ForCausalLM"],"hidden_size":5120,"intermediate_size":25600,"num_hidden_layers":64,"num_attention_heads":64,"num_key_value_heads":8,"vocab_size":151936,"tie_word_embeddings":false,"head_dim":128,"dtype":"bfloat16","max_position_embeddings":40960}
qwen3-8b|Qwen3 8B|{"model_type":"qwen3","architectures":["Qwen3ForCausalLM"],"hidden_size":4096,"intermediate_size":12288,"num_hidden_layers":36,"num_attention_heads":32,"num_key_value_heads":8,"head_dim":128,"vocab_size":151936,"tie_word_embeddings":false,"dtype":"bfloat16","max_position_embeddings":40960}
qwen3-next-80b-a3b|Qwen3 Next 80B A3B|{"model_type":"qwen3_next","architectures":["Qwen3NextForCausalLM"],"dtype":"bfloat16"}
recurrentgemma-2b|recurrentgemma 2b|{"model_type":"recurrent_gemma","architectures":["RecurrentGemmaForCausalLM"],"dtype":"bfloat16"}
roberta-base|roberta base|{"model_type":"roberta","architectures":["RobertaForMaskedLM"],"vocab_size":50265,"max_position_embeddings":514}
smollm3-3b|SmolLM3 3B|{"model_type":"smollm3","architectures":["SmolLM3ForCausalLM"],"dtype":"bfloat16"}
stablelm-3b|stablelm 3b|{"model_type":"stablelm","architectures":["StableLmForCausalLM"],"dtype":"bfloat16"}
t5-small|T5 small|{"model_type":"t5","architectures":["T5ForConditionalGeneration"]}
tinyllama-1.1b|TinyLlama 1.1B|{"model_type":"llama","architectures":["LlamaForCausalLM"],"hidden_size":2048,"intermediate_size":5632,"num_hidden_layers":22,"num_attention_heads":32,"num_key_value_heads":4,"vocab_size":32000,"tie_word_embeddings":false,"max_position_embeddings":131072}
wav2vec2-base|wav2vec2 base|{"model_type":"wav2vec2","architectures":["Wav2Vec2ForCTC"]}
whisper-tiny|whisper tiny|{"model_type":"whisper","architectures":["WhisperForConditionalGeneration"],"d_model":384,"encoder_layers":4,"decoder_layers":4,"encoder_attention_heads":6,"decoder_attention_heads":6,"encoder_ffn_dim":1536,"decoder_ffn_dim":1536,"vocab_size":51865}
`;

/** A language model that can be requested by name. */
export interface NamedModel {
  readonly name: string;
  readonly title: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Its configuration is read when it is requested: who wants one model need not read those of all. */
class Named implements NamedModel {
  readonly name: string;
  readonly title: string;
  private readonly text: string;
  private parsed: Readonly<Record<string, unknown>> | null = null;

  constructor(name: string, title: string, text: string) {
    this.name = name;
    this.title = title;
    this.text = text;
  }

  get config(): Readonly<Record<string, unknown>> {
    this.parsed ??= JSON.parse(this.text) as Record<string, unknown>;
    return this.parsed;
  }
}

let all: ReadonlyMap<string, NamedModel> | null = null;

/** Every model of the table, by name. */
export function namedModels(): ReadonlyMap<string, NamedModel> {
  all ??= new Map(
    TABLE.trim()
      .split('\n')
      .map((line): [string, NamedModel] => {
        const [name, title, config] = line.split('|') as [string, string, string];
        return [name, new Named(name, title, config)];
      }),
  );
  return all;
}
