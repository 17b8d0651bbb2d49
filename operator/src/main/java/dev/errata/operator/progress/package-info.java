/** What workers tell over Kafka, heard and condensed. It informs; nothing here decides. */
package dev.errata.operator.progress;
