"""Computes with transformers the logits of the checkpoints that EditedCheckpointTest writes.

    python edited_goldens.py

reads goldens/edited/NAME (written by the test with -Derrata.goldens.write=true) and adds
golden.safetensors: input_ids and attention_mask of goldens/NAME, and the logits.
"""

import pathlib

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

GOLDENS = pathlib.Path(__file__).parent.parent / "resources" / "goldens"

for directory in sorted((GOLDENS / "edited").iterdir()):
    base = load_file(GOLDENS / directory.name / "golden.safetensors")
    model, info = AutoModelForCausalLM.from_pretrained(
        directory, attn_implementation="eager", dtype=torch.float32, output_loading_info=True
    )
    assert not info["missing_keys"] and not info["unexpected_keys"], info
    model.eval()
    ids, mask = base["input_ids"], base["attention_mask"]
    with torch.no_grad():
        logits = model(input_ids=ids, attention_mask=mask).logits
    moved = (logits - base["logits"])[mask.bool()].abs().max().item()
    assert moved > 0.1, f"{directory.name}: the edit moves the logits by {moved} only"
    logits = logits * mask.unsqueeze(-1)
    save_file(
        {"input_ids": ids, "attention_mask": mask, "logits": logits.contiguous()},
        directory / "golden.safetensors",
    )
    print(directory.name, "logits moved by up to", round(moved, 3))
