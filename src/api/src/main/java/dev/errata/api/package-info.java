/** Errata. */
package dev.errata.api;
