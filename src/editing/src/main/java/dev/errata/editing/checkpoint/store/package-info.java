/** The store of models: numbered, immutable, content-addressed versions of checkpoints. */
package dev.errata.editing.checkpoint.store;
