package dev.errata.lab.bench;

import dev.errata.api.Fact;
import dev.errata.editing.torch.Compute;
import java.nio.file.Path;
import java.util.List;

/**
 * What a bench edits, and how.
 *
 * @param model directory of the checkpoint
 * @param facts the facts that the library edits
 * @param layers the edited layers, or null for the preset's
 * @param prefixes number of prefixes, or null for the preset's
 * @param corpus what the statistics are of, as in a job
 * @param tokens tokens of the statistics
 * @param compute device and type of the library's model
 * @param seed of all that is drawn
 */
record EditInput(
    Path model,
    List<Fact> facts,
    List<Integer> layers,
    Integer prefixes,
    String corpus,
    long tokens,
    Compute compute,
    long seed) {}
