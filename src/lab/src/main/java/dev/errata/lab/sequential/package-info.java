/** Jobs one after another on one model, and what is left of the first ones' facts. */
package dev.errata.lab.sequential;
