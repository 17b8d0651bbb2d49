/** Edit methods: how facts become a change of weights. */
package dev.errata.editing.method;
