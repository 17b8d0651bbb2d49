/** MEMIT written plainly, without a speed-up: what the library's results are held against. */
package dev.errata.lab.textbook;
