/** A real Kafka broker for tests; never in an image. */
package dev.errata.broker;
