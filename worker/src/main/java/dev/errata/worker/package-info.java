/** The program inside a worker pod, and the same program on a laptop. */
package dev.errata.worker;
