/** The resources that the operator makes, as pure functions of what they are made from. */
package dev.errata.operator.manifest;
