/** Errata. */
package dev.errata.editing;
