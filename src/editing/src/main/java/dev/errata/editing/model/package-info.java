/** One decoder for all families, described by data; taps look inside or change a forward pass. */
package dev.errata.editing.model;
