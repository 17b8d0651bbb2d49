/**
 * Traces of EditJobs, from apply to publish, by OpenTelemetry: off unless somebody collects them.
 */
package dev.errata.tracing;
