/** What the operator measures of itself, of EditJobs and of Models. */
package dev.errata.operator.meters;
