/** How the meters that the contract declares come into a registry of Micrometer. */
package dev.errata.meters;
