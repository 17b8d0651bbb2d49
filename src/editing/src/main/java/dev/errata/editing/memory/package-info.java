/** The closed form by which linear memories learn keys and values at once. */
package dev.errata.editing.memory;
