"""Makes the golden checkpoints that prove the decoder against Hugging Face transformers.

For every family: a tiny random float32 checkpoint and, beside it, what transformers computes from
it. See README.md for the layout and the meaning of every tensor.

    python make_goldens.py [--out DIR] [--only NAME ...]

Every draw comes from numpy's PCG64 seeded by the family's name, so a rerun gives the same files.
The script refuses to write a golden that would prove little: every listed change of the
configuration must move the logits, float64 must agree with float32, and greedy choices must be
clear of ties.
"""

import argparse
import copy
import json
import shutil
import tempfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

SEED = 20261121
VOCABULARY = 97
LENGTHS = (14, 9, 6)
NEW_TOKENS = 12
GRADIENT_LAYER = 1
FIRST_ORDINARY_TOKEN = 3  # 0, 1 and 2 are pad, bos and eos

# A decoder test tolerates 1e-4: what a golden has to show must move the logits by ten times that.
VISIBLE = 1e-3
# float32 against float64 of the same model: the golden itself must be well clear of 1e-4.
ROUNDING = 3e-5
# The least lead of the best token over the second in every greedy step.
CLEAR = 2e-2

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


def generator(name, purpose):
    return np.random.default_rng([SEED, zlib.crc32(f"{name}/{purpose}".encode())])


def config_of(family, **changes):
    values = copy.deepcopy(SPECIAL | family.config | changes)
    return transformers.AutoConfig.for_model(
        family.model_type, **values, attn_implementation="eager"
    )


def build(config):
    return AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()


def fill(model, name):
    """Draws every parameter, by name, so that no part of the model is near its neutral value."""
    one_plus = model.config.model_type.startswith("gemma")
    draws = generator(name, "weights")
    with torch.no_grad():
        for key, parameter in sorted(model.named_parameters()):
            noise = torch.from_numpy(draws.standard_normal(tuple(parameter.shape)))
            if parameter.dim() == 1:
                is_norm = key.endswith("weight")
                scaled = 0.3 * noise + (1.0 if is_norm and not one_plus else 0.0)
            elif "wpe" in key:
                scaled = 0.2 * noise
            else:
                scaled = 0.25 * noise
            parameter.copy_(scaled.to(parameter.dtype))


def parts(model):
    """The blocks, the final norm and the down-projections, whatever the family calls them."""
    if hasattr(model, "transformer"):
        blocks, norm = model.transformer.h, model.transformer.ln_f
        return blocks, norm, [block.mlp.c_proj for block in blocks]
    blocks, norm = model.model.layers, model.model.norm
    return blocks, norm, [block.mlp.down_proj for block in blocks]


def first(value):
    return value[0] if isinstance(value, tuple) else value


def observe(model, ids, mask):
    """Runs the model once; returns its logits and, by golden name, what went on inside."""
    seen = {}

    def keep(name, value):
        seen[name] = value
        if value.requires_grad:
            value.retain_grad()

    blocks, norm, downs = parts(model)
    hooks = [
        blocks[0].register_forward_pre_hook(
            lambda _, args, kwargs: keep(
                "hidden.embedding", args[0] if args else kwargs["hidden_states"]
            ),
            with_kwargs=True,
        ),
        norm.register_forward_hook(lambda _, __, out: keep("hidden.normed", out)),
    ]
    for layer, (block, down) in enumerate(zip(blocks, downs)):
        hooks.append(
            block.register_forward_hook(
                lambda _, __, out, layer=layer: keep(f"hidden.{layer}", first(out))
            )
        )
        hooks.append(
            down.register_forward_pre_hook(
                lambda _, args, layer=layer: keep(f"key.{layer}", args[0])
            )
        )
    try:
        logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
    finally:
        for hook in hooks:
            hook.remove()
    return logits, seen


def greedy(model, prompt):
    """Argmax continuation without a cache; the least lead of a chosen token over the second."""
    ids, lead = list(prompt), float("inf")
    for _ in range(NEW_TOKENS):
        logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1]
        best = torch.topk(logits, 2)
        lead = min(lead, (best.values[0] - best.values[1]).item())
        ids.append(best.indices[0].item())
    return ids[len(prompt) :], lead


def draw_inputs(model, name):
    """Ragged prompts, right-padded, whose greedy continuations are clear and never end early."""
    draws = generator(name, "inputs")
    prompts, continuations = [], []
    with torch.no_grad():
        for length in LENGTHS:
            for _ in range(500):
                prompt = draws.integers(FIRST_ORDINARY_TOKEN, VOCABULARY, length).tolist()
                tokens, lead = greedy(model, prompt)
                if lead > CLEAR and min(tokens) >= FIRST_ORDINARY_TOKEN and len(set(tokens)) > 2:
                    break
            else:
                raise AssertionError(f"{name}: no prompt of {length} tokens continues clearly")
            prompts.append(prompt)
            continuations.append(tokens)
    ids = torch.zeros(len(LENGTHS), max(LENGTHS), dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt)] = torch.tensor(prompt)
        mask[row, : len(prompt)] = 1
    return ids, mask, torch.tensor(continuations)


def blank_padding(tensor, mask):
    """Zeros what was computed at padding: it means nothing, and no test may compare it."""
    # Chosen, not multiplied: a padded query that sees no token at all may hold NaN.
    return torch.where(mask[:, :, None] == 1, tensor.detach(), 0.0).contiguous()


def golden_of(model, name):
    ids, mask, continuations = draw_inputs(model, name)
    rows = torch.arange(len(LENGTHS))
    last = mask.sum(1) - 1
    targets = torch.from_numpy(
        generator(name, "targets").integers(FIRST_ORDINARY_TOKEN, VOCABULARY, len(LENGTHS))
    )

    logits, seen = observe(model, ids, mask)
    loss = torch.nn.functional.cross_entropy(logits[rows, last], targets, reduction="sum")
    loss.backward()
    gradient = seen[f"hidden.{GRADIENT_LAYER}"].grad

    golden = {
        "input_ids": ids,
        "attention_mask": mask,
        "logits": blank_padding(logits, mask),
        "generation.lengths": mask.sum(1),
        "generation.ids": continuations,
        "gradient.layer": torch.tensor([GRADIENT_LAYER]),
        "gradient.positions": last,
        "gradient.targets": targets,
        "gradient.loss": loss.detach().reshape(1),
        "gradient.last": gradient[rows, last].detach().contiguous(),
        "gradient.all": blank_padding(gradient, mask),
    }
    golden |= {key: blank_padding(value, mask) for key, value in seen.items()}
    unsound = [key for key, value in golden.items() if not torch.isfinite(value).all()]
    assert not unsound, f"{name}: not finite: {unsound}"
    return golden


def logits_of(model, golden):
    mask = golden["attention_mask"]
    with torch.no_grad():
        logits = model(input_ids=golden["input_ids"], attention_mask=mask, use_cache=False).logits
    return blank_padding(logits, mask)


def distance(left, right):
    return (left.double() - right.double()).abs().max().item()


def prove(family, name, model, golden):
    """Refuses a golden that a wrong decoder could pass."""
    precise = 0.0
    # Row by row, without padding: in float64, transformers' mask overflows its float32 softmax.
    for kind, tested in (("float32", model), ("float64", copy.deepcopy(model).double())):
        for row, length in enumerate(LENGTHS):
            with torch.no_grad():
                alone = tested(input_ids=golden["input_ids"][row : row + 1, :length]).logits[0]
            apart = distance(alone, golden["logits"][row, :length])
            assert apart < ROUNDING, f"{name}: row {row} alone in {kind} differs by {apart:.1e}"
            precise = max(precise, apart)

    for what, changes in family.visible.items():
        changed = build(config_of(family, **changes))
        changed.load_state_dict(model.state_dict())
        moved = distance(golden["logits"], logits_of(changed, golden))
        assert moved > VISIBLE, f"{name}: {what} moves the logits by {moved:.1e} only"

    gradient = golden["gradient.all"].abs().sum(-1)
    assert gradient[:, : min(LENGTHS) - 1].max() > VISIBLE, f"{name}: no gradient before the end"
    for key, parameter in model.named_parameters():
        with torch.no_grad():
            kept = parameter.clone()
            parameter.mul_(1.05)
            moved = distance(golden["logits"], logits_of(model, golden))
            parameter.copy_(kept)
        assert moved > VISIBLE / 10, f"{name}: {key} by 5 % moves the logits by {moved:.1e} only"
    return precise


def hub_config(family, config):
    """The config.json of transformers 4, which is what the checkpoints on the hub carry."""
    config = dict(config)
    parameters = config.pop("rope_parameters", None)
    if parameters is not None:
        parameters = dict(parameters)
        config["rope_theta"] = parameters.pop("rope_theta")
        scaled = parameters["rope_type"] != "default"
        config["rope_scaling"] = parameters if scaled else None
    config["torch_dtype"] = config.pop("dtype")
    config.pop("layer_types", None)
    config["transformers_version"] = "4.44.0"
    for key in family.hub_drops:
        config.pop(key, None)
    return dict(sorted((config | family.hub_adds).items()))


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def prove_loads(directory, golden, config_name="config.json"):
    """What lies in the directory, read by transformers, gives the golden logits."""
    with tempfile.TemporaryDirectory() as scratch:
        copied = Path(scratch)
        shutil.copy(directory / config_name, copied / "config.json")
        shutil.copy(directory / "model.safetensors", copied)
        model, report = AutoModelForCausalLM.from_pretrained(
            copied, attn_implementation="eager", dtype=torch.float32, output_loading_info=True
        )
    for problem in ("missing_keys", "mismatched_keys"):
        assert not report[problem], f"{directory.name}/{config_name}: {problem} {report[problem]}"
    moved = distance(golden["logits"], logits_of(model.eval(), golden))
    assert moved < 1e-6, f"{directory.name}/{config_name}: differs by {moved:.1e}"


def write_family(out, name, family):
    model = build(config_of(family))
    fill(model, name)
    golden = golden_of(model, name)
    precise = prove(family, name, model, golden)

    directory = out / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    model.save_pretrained(directory)
    save_file(golden, directory / "golden.safetensors")

    path = directory / "config.json"
    new = json.loads(path.read_text(encoding="utf-8"))
    if "rope_parameters" in new:
        hub = hub_config(family, new)
        chosen, other = (hub, new) if family.hub_config else (new, hub)
        write_json(path, chosen)
        write_json(directory / "config-alternate.json", other)
        prove_loads(directory, golden, "config-alternate.json")
    prove_loads(directory, golden)
    print(f"{name}: float64 within {precise:.1e}")


def write_gpt2_hub(out):
    """GPT-2 as the hub has it: no `transformer.` prefix, and the causal masks stored as tensors."""
    source, directory = out / "gpt2", out / "gpt2_hub"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    positions = config["n_positions"]
    tensors = {
        key.removeprefix("transformer."): value
        for key, value in load_file(source / "model.safetensors").items()
    }
    causal = torch.tril(torch.ones(positions, positions))[None, None]
    for layer in range(config["n_layer"]):
        tensors[f"h.{layer}.attn.bias"] = causal.clone()
    save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})
    kept = (
        "activation_function architectures attn_pdrop bos_token_id embd_pdrop eos_token_id "
        "initializer_range layer_norm_epsilon model_type n_embd n_head n_layer n_positions "
        "resid_pdrop summary_activation summary_first_dropout summary_proj_to_labels "
        "summary_type summary_use_proj vocab_size"
    ).split()
    write_json(
        directory / "config.json", {key: config[key] for key in kept} | {"n_ctx": positions}
    )
    golden = load_file(source / "golden.safetensors")
    save_file(golden, directory / "golden.safetensors")
    prove_loads(directory, golden)
    print("gpt2_hub: the same model under the names of the hub")


def main():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=here.parent / "resources" / "goldens")
    parser.add_argument("--only", nargs="+", choices=sorted(FAMILIES), default=list(FAMILIES))
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for name in arguments.only:
        write_family(arguments.out, name, FAMILIES[name])
        if name == "gpt2":
            write_gpt2_hub(arguments.out)


if __name__ == "__main__":
    main()
