/** Mixtures of experts made of dense checkpoints. */
package dev.errata.lab.upcycle;
