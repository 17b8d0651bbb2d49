package dev.errata.editing.evaluate;

import java.util.List;

/**
 * What the unedited model said, against which an edited one is compared. Made by evaluating the
 * unedited model; may be written as JSON and read again.
 *
 * @param facts number of facts that it was made for
 * @param prefixes texts that the unedited model drew, to stand before the prompts
 * @param locality for each fact and each of its neighbours the tokens that it predicted
 * @param otherFacts what it said of the facts that the job leaves alone
 * @param routes the experts that it picked; null for a dense model
 * @param metrics its own figures
 */
public record Reference(
    int facts,
    List<String> prefixes,
    List<List<int[]>> locality,
    OtherFacts.Answers otherFacts,
    Routes routes,
    Metrics metrics) {}
