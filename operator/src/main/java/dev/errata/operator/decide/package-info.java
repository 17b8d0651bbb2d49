/** What is to be done, decided purely: no cluster, no clock of its own, no state. */
package dev.errata.operator.decide;
