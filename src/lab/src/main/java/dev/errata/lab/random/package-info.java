/** Checkpoints of random weights in the shape of large models. */
package dev.errata.lab.random;
