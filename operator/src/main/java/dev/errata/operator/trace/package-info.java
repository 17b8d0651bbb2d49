/** What an EditJob's trace shows of the operator's side: the job and its stages. */
package dev.errata.operator.trace;
