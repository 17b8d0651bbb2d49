/** Who asks, and what they may see: the cluster's own answer to both. */
package dev.errata.operator.access;
