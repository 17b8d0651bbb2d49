/** What workers tell while they work: CloudEvents, whoever carries them. */
package dev.errata.api.event;
