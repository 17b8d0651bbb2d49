/** The console: a page of static files, in {@code META-INF/resources/console}. */
package dev.errata.operator.console;
