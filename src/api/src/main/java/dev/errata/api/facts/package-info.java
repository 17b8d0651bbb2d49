/** Reads facts from the formats in which people have them, and refuses what cannot be edited. */
package dev.errata.api.facts;
