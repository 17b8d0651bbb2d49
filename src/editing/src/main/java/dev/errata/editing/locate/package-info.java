/** Causal tracing: where in a model a fact is recalled. */
package dev.errata.editing.locate;
