/** Hugging Face checkpoints on storage: safetensors, configuration, tokenizer, content digests. */
package dev.errata.editing.checkpoint;
