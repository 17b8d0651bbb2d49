package dev.errata.editing.locate;

import dev.errata.editing.model.Site;
import java.util.Map;

/**
 * The trace of one fact. Effects are differences of the probability of the answer, averaged over
 * the noises: what it gains over the run with a noisy subject when one value is restored.
 *
 * @param clean probability of the answer
 * @param corrupted the same with a noisy subject
 * @param effects for hidden state, attention and feed-forward layer the gain at [token from the
 *     subject's first on][layer]
 * @param severed for attention and feed-forward layer what the hidden state at the subject's last
 *     token gains at [layer] when the layers above it of that kind do not hear of it there
 */
record FactTrace(
    double clean, double corrupted, Map<Site, double[][]> effects, Map<Site, double[]> severed) {}
