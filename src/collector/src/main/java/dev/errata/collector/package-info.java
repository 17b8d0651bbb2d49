/** A collector of traces in the JVM, for tests. */
package dev.errata.collector;
