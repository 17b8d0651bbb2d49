/** What a model says of facts, before and after an edit: the metrics and the gates. */
package dev.errata.editing.evaluate;
