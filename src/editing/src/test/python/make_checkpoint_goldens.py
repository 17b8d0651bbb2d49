#!/usr/bin/env python3
"""Makes the goldens of dev.errata.editing.checkpoint under src/test/resources/checkpoint.

Needs `pip install tokenizers safetensors numpy ml_dtypes`; run it from anywhere: the result is the same
bytes, so a changed golden shows up as a diff.
"""

import json
import pathlib

import ml_dtypes
import numpy as np
import safetensors.numpy
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

OUT = pathlib.Path(__file__).resolve().parent.parent / "resources" / "checkpoint"

CORPUS = [
    "The capital of France is Paris, and the capital of Egypt is Cairo.",
    "Marie Curie was born in Warsaw; she worked in Paris.",
    "القاهرة هي عاصمة مصر، والدوحة هي عاصمة قطر.",
    "ولدت ماري كوري في وارسو وعملت في باريس.",
    "北京是中国的首都,东京是日本的首都。",
    "I like 🍵 and 🥐 in the morning 👩‍🔬.",
] * 4

TEXTS = [
    "The capital of France is Paris",
    " Paris",
    "",
    "  two  spaces\tand a tab\n",
    "القاهرة هي عاصمة مصر",
    "北京是中国的首都",
    "a 🍵 for 👩‍🔬 in القاهرة, 北京",
    "e\u0301 and \u00e9",
]


def make_tokenizer(directory: pathlib.Path) -> None:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=384,
        special_tokens=["<s>", "</s>", "<pad>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 0)]
            ),
        ]
    )
    directory.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(directory / "tokenizer.json"), pretty=False)
    (directory / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "bos_token": {"content": "<s>", "special": True},
                "eos_token": "</s>",
                "pad_token": "<pad>",
                "tokenizer_class": "PreTrainedTokenizerFast",
            },
            indent=2,
        )
        + "\n"
    )
    golden = []
    for text in TEXTS:
        plain = tokenizer.encode(text, add_special_tokens=False)
        golden.append(
            {
                "text": text,
                "ids": plain.ids,
                # Python counts code points.
                "spans": [list(span) for span in plain.offsets],
                "promptIds": tokenizer.encode(text).ids,
                "decoded": tokenizer.decode(plain.ids),
            }
        )
    (directory / "golden.json").write_text(
        json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )


def make_dtypes(directory: pathlib.Path) -> None:
    """One tensor of every dtype, written by the reference library."""
    directory.mkdir(parents=True, exist_ok=True)
    base = np.arange(-3, 3).reshape(2, 3) * 1.5
    names = ["float64", "float32", "float16", "int64", "int32", "int16", "int8"]
    tensors = {name: base.astype(name) for name in names}
    tensors["bfloat16"] = base.astype(ml_dtypes.bfloat16)
    tensors["uint8"] = np.arange(6, dtype="uint8")
    tensors["bool"] = np.array([[False, True]])
    tensors["empty"] = np.zeros((0, 4), dtype="float32")
    tensors["scalar"] = np.array(2.5, dtype="float32")
    safetensors.numpy.save_file(
        tensors, directory / "model.safetensors", metadata={"format": "pt"}
    )
    (directory / "config.json").write_text('{"model_type": "test"}\n')


def make_sharded(directory: pathlib.Path) -> None:
    """Three shards with an index, as transformers' save_pretrained writes them."""
    directory.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    shards = [
        ["model.embed_tokens.weight"],
        ["model.layers.0.mlp.down_proj.weight", "model.layers.0.mlp.up_proj.weight"],
        ["model.layers.1.mlp.down_proj.weight", "model.norm.weight"],
    ]
    weight_map, total = {}, 0
    for number, names in enumerate(shards, start=1):
        file = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        tensors = {
            name: rng.standard_normal((4,) if "norm" in name else (4, 6)).astype("<f4")
            for name in names
        }
        safetensors.numpy.save_file(tensors, directory / file, metadata={"format": "pt"})
        for name, value in tensors.items():
            weight_map[name] = file
            total += value.nbytes
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (directory / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")
    config = {"model_type": "test", "tie_word_embeddings": True, "bos_token_id": 0}
    (directory / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (directory / "generation_config.json").write_text('{"eos_token_id": [1, 2]}\n')
    (directory / "README.md").write_text("A file that Errata does not know and must keep.\n")


if __name__ == "__main__":
    make_tokenizer(OUT / "tokenizer")
    make_dtypes(OUT / "dtypes")
    make_sharded(OUT / "sharded")
