/** MEMIT, mass editing memory in a transformer (Meng et al. 2023, arXiv 2210.07229). */
package dev.errata.editing.method.memit;
