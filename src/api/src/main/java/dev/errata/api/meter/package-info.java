/** What operator and workers measure of themselves: the closed list, without a library. */
package dev.errata.api.meter;
