/**
 * The registry of versions: what storage and the cluster say, in a database that can be searched.
 * It can be made again from them at any time.
 */
package dev.errata.operator.registry;
