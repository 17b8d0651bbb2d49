/** A reproducible world of people, its text, its facts and a tokenizer for it. */
package dev.errata.lab.world;
