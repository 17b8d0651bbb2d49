/** Errata. */
package dev.errata.lab;
