/** The stages of a job over a workspace; what worker pods and the laptop both call. */
package dev.errata.editing.pipeline;
