/** Shows how far a job is that runs elsewhere. */
package dev.errata.worker.watch;
