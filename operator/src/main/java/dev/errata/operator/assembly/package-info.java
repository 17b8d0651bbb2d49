/** The edges: what is observed of a cluster, and what is done to it. */
package dev.errata.operator.assembly;
