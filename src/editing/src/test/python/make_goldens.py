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
from pathlib import Path

import numpy as np
import torch
import transformers
from families import FAMILIES, SPECIAL, VOCABULARY
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

SEED = 20261121
LENGTHS = (14, 9, 6)
NEW_TOKENS = 12
FIRST_ORDINARY_TOKEN = 3  # 0, 1 and 2 are pad, bos and eos

# A decoder test tolerates 1e-4: what a golden has to show must move the logits by ten times that.
VISIBLE = 1e-3
# float32 against float64 of the same model: the golden itself must be well clear of 1e-4.
ROUNDING = 3e-5
# The least lead of the best token over the second in every greedy step.
CLEAR = 2e-2
# The least distance between two experts' scores, so that rounding never routes a token elsewhere.
APART = 1e-4

def generator(name, purpose):
    return np.random.default_rng([SEED, zlib.crc32(f"{name}/{purpose}".encode())])


def config_of(family, **changes):
    values = copy.deepcopy(SPECIAL | family.config | changes)
    return transformers.AutoConfig.for_model(
        family.model_type, **values, attn_implementation="eager", experts_implementation="eager"
    )


def build(config):
    return AutoModelForCausalLM.from_config(config).eval()


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
    """The blocks and the final norm, whatever the family calls them."""
    if hasattr(model, "transformer"):
        return model.transformer.h, model.transformer.ln_f
    inner = getattr(model, "gpt_neox", None) or model.model
    for name in ("norm", "final_layer_norm", "final_layernorm"):
        if hasattr(inner, name):
            return inner.layers, getattr(inner, name)
    raise ValueError(f"{type(model).__name__}: where is its final norm?")


# The last linear of a feed-forward part: the one that Errata edits.
DOWN = ("down_proj", "c_proj", "fc_out", "fc2", "dense_4h_to_h")


def gradient_layer(model):
    """The block whose output gets a golden gradient: at least one block comes after it."""
    return min(1, model.config.num_hidden_layers - 2)


def first(value):
    return value[0] if isinstance(value, tuple) else value


def expert_keys(experts, states, chosen):
    """The inputs of the chosen experts' down-projections, [tokens, experts of a token, width]."""
    if hasattr(experts, "gate_up_proj_bias"):  # GPT-OSS: [in, out], with biases, interleaved
        projected = torch.einsum("nd,nkdf->nkf", states, experts.gate_up_proj[chosen])
        return experts._apply_gate(projected + experts.gate_up_proj_bias[chosen])
    projected = torch.einsum("nd,nkfd->nkf", states, experts.gate_up_proj[chosen])
    gate, up = projected.chunk(2, dim=-1)
    return experts.act_fn(gate) * up


def expert_output(experts, keys, chosen, weights):
    if hasattr(experts, "down_proj_bias"):
        values = torch.einsum("nkf,nkfd->nkd", keys, experts.down_proj[chosen])
        values = values + experts.down_proj_bias[chosen]
    else:
        values = torch.einsum("nkf,nkdf->nkd", keys, experts.down_proj[chosen])
    return (values * weights[..., None]).sum(1)


def watch_mixture(layer, mlp, shape, keep):
    """Hooks that keep the routing, the keys of the chosen experts and the shared expert's."""

    def route(_, __, out):
        keep(f"routing.{layer}.logits", out[0].reshape(*shape, -1))

    def run(experts, args, out):
        states, chosen, weights = args
        order = chosen.argsort(-1)
        chosen, weights = chosen.gather(-1, order), weights.gather(-1, order)
        keys = expert_keys(experts, states, chosen)
        again = distance(expert_output(experts, keys, chosen, weights), out)
        assert again < ROUNDING, f"block {layer}: keys give the experts' output to {again:.1e} only"
        keep(f"routing.{layer}.experts", chosen.reshape(*shape, -1))
        keep(f"routing.{layer}.weights", weights.reshape(*shape, -1))
        keep(f"routing.{layer}.keys", keys.reshape(*shape, *keys.shape[1:]))

    router = mlp.router if hasattr(mlp, "router") else mlp.gate
    hooks = [
        router.register_forward_hook(route),
        mlp.experts.register_forward_hook(run),
        mlp.register_forward_hook(
            lambda _, __, out: keep(f"feedforward.{layer}", first(out).reshape(*shape, -1))
        ),
    ]
    shared = getattr(mlp, "shared_expert", getattr(mlp, "shared_experts", None))
    if shared is not None:
        hooks.append(
            shared.down_proj.register_forward_pre_hook(
                lambda _, args: keep(f"shared.{layer}", args[0].reshape(*shape, -1))
            )
        )
    return hooks


def observe(model, ids, mask):
    """Runs the model once; returns its logits and, by golden name, what went on inside."""
    seen = {}

    def keep(name, value):
        seen[name] = value
        if name == f"hidden.{gradient_layer(model)}" and value.requires_grad:
            value.retain_grad()

    blocks, norm = parts(model)
    hooks = [
        blocks[0].register_forward_pre_hook(
            lambda _, args, kwargs: keep(
                "hidden.embedding", args[0] if args else kwargs["hidden_states"]
            ),
            with_kwargs=True,
        ),
        norm.register_forward_hook(lambda _, __, out: keep("hidden.normed", out)),
    ]
    for layer, block in enumerate(blocks):
        hooks.append(
            block.register_forward_hook(
                lambda _, __, out, layer=layer: keep(f"hidden.{layer}", first(out))
            )
        )
        if hasattr(block.mlp, "experts"):
            hooks += watch_mixture(layer, block.mlp, ids.shape, keep)
        else:
            down = next(getattr(block.mlp, name) for name in DOWN if hasattr(block.mlp, name))
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


def routing_gap(model, tokens):
    """The least distance between two experts' scores anywhere in the sequence."""
    ids = torch.tensor([tokens])
    _, seen = observe(model, ids, torch.ones_like(ids))
    scores = [value for key, value in seen.items() if key.endswith(".logits")]
    return min((s.sort(-1).values.diff(dim=-1).min().item() for s in scores), default=float("inf"))


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
                if (
                    lead > CLEAR
                    and min(tokens) >= FIRST_ORDINARY_TOKEN
                    and len(set(tokens)) > 2
                    and routing_gap(model, prompt + tokens) > APART
                ):
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
    real = mask.reshape(*mask.shape, *[1] * (tensor.dim() - 2)) == 1
    return torch.where(real, tensor.detach(), torch.zeros_like(tensor)).contiguous()


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
    layer = gradient_layer(model)
    gradient = seen[f"hidden.{layer}"].grad

    golden = {
        "input_ids": ids,
        "attention_mask": mask,
        "logits": blank_padding(logits, mask),
        "generation.lengths": mask.sum(1),
        "generation.ids": continuations,
        "gradient.layer": torch.tensor([layer]),
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
    draws = generator(name, "nudges")
    for key, parameter in sorted(model.named_parameters()):
        # Element by element: a norm after a projection would hide one factor for all.
        nudge = 1.0 + 0.05 * torch.from_numpy(draws.standard_normal(tuple(parameter.shape)))
        with torch.no_grad():
            kept = parameter.clone()
            parameter.mul_(nudge.to(parameter.dtype))
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
        for key in ("rope_theta", "partial_rotary_factor"):
            if key in parameters:
                config[family.hub_names.get(key, key)] = parameters.pop(key)
        if parameters["rope_type"] == "longrope":
            config["original_max_position_embeddings"] = parameters.pop(
                "original_max_position_embeddings"
            )
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
            copied,
            attn_implementation="eager",
            experts_implementation="eager",
            dtype=torch.float32,
            output_loading_info=True,
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
