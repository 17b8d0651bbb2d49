/**
 * What a pod beside a store tells of the versions in it: written to its log in parts, each of which
 * is bounded and has a digest, and read from there.
 */
package dev.errata.api.listing;
