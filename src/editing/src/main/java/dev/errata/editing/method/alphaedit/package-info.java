/** AlphaEdit, changes in the null space of what a model knows (Fang et al. 2025). */
package dev.errata.editing.method.alphaedit;
