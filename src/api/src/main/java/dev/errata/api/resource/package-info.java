/**
 * The parts of the custom resources. Their annotations are the only source of the CRDs: after a
 * change run {@code mvn -pl src/api test -Dtest=CrdTest -Derrata.crds.write=true}.
 */
package dev.errata.api.resource;
