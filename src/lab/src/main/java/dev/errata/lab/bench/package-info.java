/** The library's MEMIT and the textbook's, side by side. */
package dev.errata.lab.bench;
