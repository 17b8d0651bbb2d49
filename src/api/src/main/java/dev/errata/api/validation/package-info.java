/**
 * Reads manifests and refuses what the API server would refuse, in its words: the CRD is the only
 * description of what is allowed, its schema is checked by a JSON-Schema library and its rules by a
 * CEL library.
 */
package dev.errata.api.validation;
