/** What a worker measures of itself, for Prometheus to scrape while it works. */
package dev.errata.worker.meters;
