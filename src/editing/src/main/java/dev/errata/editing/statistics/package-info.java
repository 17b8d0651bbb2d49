/** Second moments of the edited linears' inputs, streamed over a corpus and cached by content. */
package dev.errata.editing.statistics;
