/** Tells over Kafka how far a job is; the work never waits for it. */
package dev.errata.worker.progress;
