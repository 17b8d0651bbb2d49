"""The families that get a golden: their configurations and what must be visible in them."""

from dataclasses import dataclass, field

VOCABULARY = 97

SPECIAL = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 56,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "rms_norm_eps": 0.02,  # large on purpose: with 1e-6 a forgotten epsilon would not show
}


def rope(theta, **scaling):
    return {"rope_type": "default", "rope_theta": theta, **scaling}


LLAMA3_SCALING = {
    "rope_type": "llama3",
    # Wave lengths of the 4 frequencies are 6.3, 20, 63 and 199: kept, blended, divided, divided.
    "rope_theta": 100.0,
    "factor": 4.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}


@dataclass(frozen=True)
class Family:
    """One golden: its configuration, how its config.json looks, and what must be visible in it."""

    model_type: str
    config: dict
    # Changes of the configuration, each of which must move the logits.
    visible: dict = field(default_factory=dict)
    # True: config.json in the form of the checkpoints on the hub (transformers 4), and
    # config-alternate.json in the form of transformers 5; False: the other way round.
    hub_config: bool = False
    # Keys a real checkpoint of the family leaves out, and keys (or traps) it adds.
    hub_drops: tuple = ()
    hub_adds: dict = field(default_factory=dict)
    # What the hub's configs call a field of rope_parameters, where they do not use its name.
    hub_names: dict = field(default_factory=dict)


FAMILIES = {
    "gpt2": Family(
        "gpt2",
        {
            "vocab_size": VOCABULARY,
            "n_embd": 32,
            "n_layer": 3,
            "n_head": 4,
            "n_positions": 64,
            "layer_norm_epsilon": 0.02,
            "tie_word_embeddings": True,
        },
        visible={
            "epsilon": {"layer_norm_epsilon": 1e-5},
            "attention scale": {"scale_attn_weights": False},
            "inverse layer scale": {"scale_attn_by_inverse_layer_idx": True},
            "tanh GELU": {"activation_function": "gelu"},
        },
    ),
    "llama2": Family(
        "llama",
        SIZES
        | {
            "num_key_value_heads": 4,
            "tie_word_embeddings": False,
            "rope_parameters": rope(10000.0),
        },
        visible={
            "epsilon": {"rms_norm_eps": 1e-6},
            "theta": {"rope_parameters": rope(500.0)},
            "SiLU": {"hidden_act": "gelu"},
        },
        hub_drops=("rope_theta", "num_key_value_heads", "head_dim", "attention_bias", "mlp_bias"),
        hub_adds={"rope_scaling": None},
    ),
    "llama3": Family(
        "llama",
        SIZES | {"tie_word_embeddings": True, "rope_parameters": LLAMA3_SCALING},
        visible={
            "rope scaling": {"rope_parameters": rope(100.0)},
            "blend": {"rope_parameters": LLAMA3_SCALING | {"high_freq_factor": 1.5}},
            "original length": {
                "rope_parameters": LLAMA3_SCALING | {"original_max_position_embeddings": 63}
            },
        },
        hub_config=True,
        hub_drops=("head_dim",),
    ),
    "mistral": Family(
        "mistral",
        SIZES
        | {
            "num_hidden_layers": 4,
            "sliding_window": 5,
            "tie_word_embeddings": False,
            "rope_parameters": rope(1000.0),
        },
        visible={
            "no window": {"sliding_window": None},
            "window by one": {"sliding_window": 6},
            "theta": {"rope_parameters": rope(10000.0)},
        },
        hub_drops=("head_dim",),
    ),
    "qwen2": Family(
        "qwen2",
        SIZES
        | {
            "tie_word_embeddings": True,
            "use_sliding_window": False,
            "rope_parameters": rope(1000.0),
        },
        visible={
            "epsilon": {"rms_norm_eps": 1e-6},
            "theta": {"rope_parameters": rope(10000.0)},
            "trap": {"use_sliding_window": True, "sliding_window": 4, "max_window_layers": 0},
        },
        hub_config=True,
        # The window of a real Qwen2 config is switched off and must not be applied.
        hub_adds={"sliding_window": 4, "max_window_layers": 2},
    ),
    "qwen3": Family(
        "qwen3",
        SIZES
        | {
            "head_dim": 12,
            "tie_word_embeddings": False,
            "rope_parameters": rope(1000.0),
        },
        visible={
            "epsilon": {"rms_norm_eps": 1e-6},
            "theta": {"rope_parameters": rope(10000.0)},
        },
        hub_adds={"sliding_window": None, "max_window_layers": 3, "rope_scaling": None},
    ),
    "gemma2": Family(
        "gemma2",
        SIZES
        | {
            "num_hidden_layers": 4,
            "head_dim": 12,
            "query_pre_attn_scalar": 7,
            "attn_logit_softcapping": 2.0,
            "final_logit_softcapping": 3.0,
            "sliding_window": 4,
            "tie_word_embeddings": True,
            "rope_parameters": rope(1000.0),
        },
        visible={
            "epsilon": {"rms_norm_eps": 1e-6},
            "query scale": {"query_pre_attn_scalar": 12},
            "attention cap": {"attn_logit_softcapping": None},
            "final cap": {"final_logit_softcapping": None},
            "no window": {"layer_types": ["full_attention"] * 4},
            "window everywhere": {"layer_types": ["sliding_attention"] * 4},
            "alternation": {"layer_types": ["full_attention", "sliding_attention"] * 2},
            "window by one": {"sliding_window": 5},
            "tanh GELU": {"hidden_activation": "gelu"},
        },
        hub_config=True,
        # Real Gemma 2 configs leave both to the family: tied, and windows on the even layers.
        hub_drops=("tie_word_embeddings", "use_bidirectional_attention"),
        hub_adds={"hidden_act": "gelu_pytorch_tanh", "cache_implementation": "hybrid"},
    ),
}

# Two layers show what there is to see in families whose layers are all alike.
SHALLOW = SIZES | {"num_hidden_layers": 2}
LAYER_NORM = {key: value for key, value in SHALLOW.items() if key != "rms_norm_eps"} | {
    "layer_norm_eps": 0.02
}
LAYER_NORM_EPSILON = {"epsilon": {"layer_norm_eps": 1e-5}}
RMS_EPSILON = {"epsilon": {"rms_norm_eps": 1e-6}}


def partial(theta, factor):
    return rope(theta, partial_rotary_factor=factor)


LONGROPE = {
    "rope_type": "longrope",
    "rope_theta": 100.0,
    "partial_rotary_factor": 0.5,
    "short_factor": [1.1, 1.7],
    "long_factor": [2.0, 5.0],
    "original_max_position_embeddings": 32,
}

FALCON = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "ffn_hidden_size": 56,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 64,
    "layer_norm_epsilon": 0.02,
    "alibi": False,
    "bias": False,
    "rope_parameters": rope(1000.0),
}
FALCON_VISIBLE = {
    "epsilon": {"layer_norm_epsilon": 1e-5},
    "theta": {"rope_parameters": rope(10000.0)},
    "exact GELU": {"activation": "relu"},
}

FAMILIES |= {
    "gptj": Family(
        "gptj",
        {
            "vocab_size": VOCABULARY,
            "n_embd": 32,
            "n_layer": 2,
            "n_head": 4,
            "n_positions": 64,
            "rotary_dim": 4,
            "layer_norm_epsilon": 0.02,
        },
        visible={
            "epsilon": {"layer_norm_epsilon": 1e-5},
            "rotary part": {"rotary_dim": 8},
            "tanh GELU": {"activation_function": "gelu"},
        },
    ),
    "gpt_neox": Family(
        "gpt_neox",
        LAYER_NORM | {"rope_parameters": partial(1000.0, 0.5), "tie_word_embeddings": False},
        visible=LAYER_NORM_EPSILON
        | {
            "parallel": {"use_parallel_residual": False},
            "rotary part": {"rope_parameters": partial(1000.0, 1.0)},
            "theta": {"rope_parameters": partial(10000.0, 0.5)},
            "activation": {"hidden_act": "relu"},
        },
        hub_config=True,
        hub_names={"rope_theta": "rotary_emb_base", "partial_rotary_factor": "rotary_pct"},
        hub_drops=("attention_bias", "num_key_value_heads"),
    ),
    "gpt_neox_sequential": Family(
        "gpt_neox",
        LAYER_NORM
        | {
            "rope_parameters": partial(1000.0, 0.5),
            "use_parallel_residual": False,
            "attention_bias": False,
            "hidden_act": "gelu_new",
        },
        visible={"one after the other": {"use_parallel_residual": True}},
        hub_names={"rope_theta": "rotary_emb_base", "partial_rotary_factor": "rotary_pct"},
    ),
    "olmo2": Family(
        "olmo2",
        SHALLOW | {"rope_parameters": rope(1000.0), "tie_word_embeddings": False},
        visible=RMS_EPSILON | {"theta": {"rope_parameters": rope(10000.0)}},
        hub_config=True,
        hub_adds={"rope_scaling": None},
    ),
    "phi3": Family(
        "phi3",
        SHALLOW
        | {
            "rope_parameters": rope(1000.0),
            "sliding_window": 5,
            "tie_word_embeddings": False,
            "original_max_position_embeddings": 64,
        },
        visible=RMS_EPSILON
        | {"no window": {"sliding_window": None}, "window by one": {"sliding_window": 6}},
        hub_config=True,
        hub_drops=("partial_rotary_factor",),
    ),
    "phi3_longrope": Family(
        "phi3",
        SHALLOW
        | {
            "max_position_embeddings": 256,
            "original_max_position_embeddings": 32,
            "rope_parameters": LONGROPE,
            "tie_word_embeddings": True,
        },
        visible={
            "short factors": {"rope_parameters": LONGROPE | {"short_factor": [1.0, 1.0]}},
            "attention factor": {"rope_parameters": LONGROPE | {"attention_factor": 1.0}},
            "rotary part": {
                "rope_parameters": LONGROPE
                | {
                    "partial_rotary_factor": 1.0,
                    "short_factor": [1.1, 1.7, 1.7, 1.7],
                    "long_factor": [2.0, 5.0, 5.0, 5.0],
                }
            },
        },
        hub_config=True,
        hub_adds={
            "rope_scaling": {
                "type": "longrope",
                "short_factor": LONGROPE["short_factor"],
                "long_factor": LONGROPE["long_factor"],
            }
        },
    ),
    "falcon": Family(
        "falcon",
        FALCON | {"multi_query": True, "parallel_attn": True, "new_decoder_architecture": False},
        visible=FALCON_VISIBLE,
        hub_config=True,
        # Falcon 7B has none of these.
        hub_drops=("num_kv_heads", "num_ln_in_parallel_attn"),
    ),
    "falcon_new": Family(
        "falcon",
        FALCON | {"new_decoder_architecture": True, "num_kv_heads": 2, "num_attention_heads": 4},
        visible=FALCON_VISIBLE,
        hub_drops=("num_ln_in_parallel_attn",),
    ),
    "falcon_one_norm": Family(
        "falcon",
        FALCON
        | {
            "new_decoder_architecture": True,
            "num_kv_heads": 2,
            "num_ln_in_parallel_attn": 1,
            "tie_word_embeddings": False,
        },
        visible=FALCON_VISIBLE,
    ),
    "falcon_sequential": Family(
        "falcon",
        FALCON
        | {
            "new_decoder_architecture": False,
            "multi_query": False,
            "parallel_attn": False,
            "bias": True,
        },
        visible=FALCON_VISIBLE,
    ),
    "stablelm": Family(
        "stablelm",
        LAYER_NORM
        | {
            "rope_parameters": partial(1000.0, 0.5),
            "use_qkv_bias": True,
            "tie_word_embeddings": False,
        },
        visible=LAYER_NORM_EPSILON
        | {
            "rotary part": {"rope_parameters": partial(1000.0, 1.0)},
            "theta": {"rope_parameters": partial(10000.0, 0.5)},
        },
        hub_config=True,
        # The 3B model's config has neither, and its part that turns is the default quarter.
        hub_drops=("qk_layernorm", "use_parallel_residual"),
    ),
    "stablelm_parallel": Family(
        "stablelm",
        LAYER_NORM
        | {
            "rope_parameters": partial(1000.0, 0.25),
            "qk_layernorm": True,
            "use_parallel_residual": True,
            "tie_word_embeddings": False,
        },
        visible=LAYER_NORM_EPSILON,
        hub_drops=("partial_rotary_factor",),
    ),
    "cohere": Family(
        "cohere",
        LAYER_NORM
        | {"rope_parameters": rope(1000.0), "logit_scale": 0.25, "tie_word_embeddings": True},
        visible=LAYER_NORM_EPSILON
        | {
            "logit scale": {"logit_scale": 0.0625},
            "theta": {"rope_parameters": rope(10000.0)},
        },
        hub_config=True,
        hub_drops=("tie_word_embeddings", "use_qk_norm"),
    ),
    "cohere_qk_norm": Family(
        "cohere",
        LAYER_NORM
        | {
            "rope_parameters": rope(1000.0),
            "logit_scale": 1.0,
            "use_qk_norm": True,
            "attention_bias": True,
        },
        visible=LAYER_NORM_EPSILON,
    ),
    "cohere2": Family(
        "cohere2",
        LAYER_NORM
        | {
            "rope_parameters": rope(1000.0),
            "logit_scale": 0.25,
            "sliding_window": 4,
            "layer_types": ["sliding_attention", "full_attention"],
        },
        visible=LAYER_NORM_EPSILON
        | {
            "logit scale": {"logit_scale": 0.0625},
            "theta": {"rope_parameters": rope(10000.0)},
            "window by one": {"sliding_window": 5},
            "positions of layer 1": {"layer_types": ["sliding_attention"] * 2},
            "no positions in layer 0": {"layer_types": ["full_attention"] * 2},
        },
        hub_config=True,
        hub_drops=("head_dim", "tie_word_embeddings"),
        hub_adds={"sliding_window_pattern": 2},
    ),
    "granite": Family(
        "granite",
        SHALLOW
        | {
            "rope_parameters": rope(1000.0),
            "embedding_multiplier": 3.0,
            "logits_scaling": 2.5,
            "residual_multiplier": 0.4,
            "attention_multiplier": 0.2,
            "tie_word_embeddings": True,
        },
        visible=RMS_EPSILON
        | {
            "embedding multiplier": {"embedding_multiplier": 1.0},
            "logits scaling": {"logits_scaling": 1.0},
            "residual multiplier": {"residual_multiplier": 1.0},
            "attention multiplier": {"attention_multiplier": 0.35},
        },
        hub_config=True,
        hub_adds={"rope_scaling": None},
    ),
    "smollm3": Family(
        "smollm3",
        SHALLOW
        | {
            "rope_parameters": rope(1000.0),
            "no_rope_layers": [1, 0],
            "tie_word_embeddings": True,
        },
        visible=RMS_EPSILON
        | {
            "positions everywhere": {"no_rope_layers": [1, 1]},
            "positions nowhere": {"no_rope_layers": [0, 0]},
            "theta": {"rope_parameters": rope(10000.0)},
        },
        hub_config=True,
        hub_drops=("no_rope_layers",),
        hub_adds={"no_rope_layer_interval": 2},
    ),
    "phi": Family(
        "phi",
        LAYER_NORM | {"rope_parameters": partial(1000.0, 0.5), "tie_word_embeddings": False},
        visible=LAYER_NORM_EPSILON
        | {
            "rotary part": {"rope_parameters": partial(1000.0, 1.0)},
            "tanh GELU": {"hidden_act": "gelu"},
        },
        hub_config=True,
    ),
}

# Mixtures of experts are narrower and shallower, to keep their files small.
MIXTURE_SIZES = SIZES | {"hidden_size": 16, "num_hidden_layers": 2}

YARN = {
    "rope_type": "yarn",
    "rope_theta": 100.0,
    "factor": 4.0,
    "beta_fast": 32.0,
    "beta_slow": 1.0,
    "original_max_position_embeddings": 32,
}

DEEPSEEK_YARN = YARN | {"mscale": 0.9, "mscale_all_dim": 0.6}

# What the hub's DeepSeek configs write, among it the older `type` in place of `rope_type`.
DEEPSEEK_HUB = {
    "moe_layer_freq": 1,
    "scoring_func": "softmax",
    "norm_topk_prob": False,
    "rope_scaling": {
        "type" if key == "rope_type" else key: value
        for key, value in DEEPSEEK_YARN.items()
        if key != "rope_theta"
    },
}

DEEPSEEK_V2 = {
    "num_key_value_heads": 4,
    "intermediate_size": 40,
    "moe_intermediate_size": 16,
    "first_k_dense_replace": 1,
    "n_routed_experts": 8,
    "n_shared_experts": 2,
    "num_experts_per_tok": 3,
    "kv_lora_rank": 12,
    "qk_nope_head_dim": 6,
    "qk_rope_head_dim": 8,
    "v_head_dim": 10,
    "tie_word_embeddings": False,
    "rope_parameters": DEEPSEEK_YARN,
}

# Mixtures of experts, under goldens/moe.
FAMILIES |= {
    "moe/mixtral": Family(
        "mixtral",
        MIXTURE_SIZES
        | {
            "intermediate_size": 24,
            "num_local_experts": 4,
            "num_experts_per_tok": 2,
            "tie_word_embeddings": False,
            "rope_parameters": rope(1000.0),
        },
        visible={
            "epsilon": {"rms_norm_eps": 1e-6},
            "experts of a token": {"num_experts_per_tok": 1},
        },
        hub_config=True,
        hub_drops=("head_dim",),
    ),
    "moe/qwen2_moe": Family(
        "qwen2_moe",
        MIXTURE_SIZES
        | {
            "intermediate_size": 40,
            "moe_intermediate_size": 20,
            "shared_expert_intermediate_size": 28,
            "num_experts": 4,
            "num_experts_per_tok": 2,
            "norm_topk_prob": False,
            "mlp_only_layers": [0],
            "tie_word_embeddings": False,
            "rope_parameters": rope(1000.0),
        },
        visible={
            "unnormalised weights": {"norm_topk_prob": True},
            "experts of a token": {"num_experts_per_tok": 3},
        },
        hub_config=True,
        hub_drops=("qkv_bias",),
        hub_adds={"sliding_window": 4, "max_window_layers": 2},
    ),
    "moe/qwen3_moe": Family(
        "qwen3_moe",
        MIXTURE_SIZES
        | {
            "head_dim": 12,
            "moe_intermediate_size": 20,
            "num_experts": 4,
            "num_experts_per_tok": 2,
            "norm_topk_prob": True,
            "tie_word_embeddings": False,
            "rope_parameters": rope(1000.0),
        },
        visible={
            "normalised weights": {"norm_topk_prob": False},
            "experts of a token": {"num_experts_per_tok": 3},
        },
        # transformers 5 writes num_local_experts.
        hub_drops=("num_local_experts",),
        hub_adds={"num_experts": 4},
    ),
    "moe/olmoe": Family(
        "olmoe",
        MIXTURE_SIZES
        | {
            "intermediate_size": 24,
            "num_experts": 4,
            "num_experts_per_tok": 2,
            "clip_qkv": 1.0,
            "tie_word_embeddings": False,
            "rope_parameters": rope(1000.0),
        },
        visible={
            "clip": {"clip_qkv": None},
            "unnormalised weights": {"norm_topk_prob": True},
            "experts of a token": {"num_experts_per_tok": 3},
        },
        hub_config=True,
        hub_drops=("head_dim",),
    ),
    "moe/gpt_oss": Family(
        "gpt_oss",
        MIXTURE_SIZES
        | {
            "head_dim": 8,
            "intermediate_size": 24,
            "num_local_experts": 4,
            "num_experts_per_tok": 2,
            "sliding_window": 4,
            "swiglu_limit": 1.0,
            "tie_word_embeddings": False,
            "rope_parameters": YARN | {"truncate": False},
        },
        visible={
            "experts of a token": {"num_experts_per_tok": 3},
            "rope scaling": {"rope_parameters": rope(100.0)},
            "truncation": {"rope_parameters": YARN | {"truncate": True}},
            "attention factor": {
                "rope_parameters": YARN | {"truncate": False, "attention_factor": 1.0}
            },
            "limit": {"swiglu_limit": 7.0},
            "alternation": {"layer_types": ["full_attention", "sliding_attention"]},
        },
        hub_config=True,
        hub_drops=("swiglu_alpha", "layer_types"),
    ),
    "moe/deepseek_v2": Family(
        "deepseek_v2",
        MIXTURE_SIZES
        | DEEPSEEK_V2
        | {
            "q_lora_rank": 12,
            "topk_method": "group_limited_greedy",
            "n_group": 4,
            "topk_group": 2,
            "routed_scaling_factor": 2.5,
        },
        visible={
            "groups": {"topk_method": "greedy"},
            "scaling factor": {"routed_scaling_factor": 1.0},
            "rope scaling": {"rope_parameters": rope(100.0)},
            "scale of the scores": {"rope_parameters": DEEPSEEK_YARN | {"mscale_all_dim": 0.9}},
            "scale of the rotation": {"rope_parameters": DEEPSEEK_YARN | {"mscale": 0.6}},
        },
        hub_config=True,
        hub_drops=("head_dim", "mlp_bias", "qk_head_dim"),
        hub_adds=DEEPSEEK_HUB,
    ),
    "moe/deepseek_v2_lite": Family(
        "deepseek_v2",
        MIXTURE_SIZES | DEEPSEEK_V2 | {"q_lora_rank": None, "topk_method": "greedy"},
        visible={"experts of a token": {"num_experts_per_tok": 2}},
        hub_config=True,
        hub_drops=("head_dim", "mlp_bias", "qk_head_dim"),
        hub_adds=DEEPSEEK_HUB,
    ),
}
