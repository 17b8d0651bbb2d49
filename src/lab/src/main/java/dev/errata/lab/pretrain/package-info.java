/** Trains small decoders from scratch on the text of a synthetic world. */
package dev.errata.lab.pretrain;
