package dev.errata.editing.evaluate;

/**
 * Teacher-forced token accuracy, as in EasyEdit: at every place of the target, whether the most
 * likely token, given the target's own tokens before it, is the right one. Shares from 0 to 1; null
 * where there was nothing to measure.
 *
 * @param rewrite on the edited prompts, against the target
 * @param rephrase on the paraphrases, against the target
 * @param portability on the portability questions, against their answers
 * @param locality on the neighbourhood, against what the unedited model predicts; where a
 *     neighbour's answer is unknown only the first token is compared
 */
public record TokenAccuracy(Double rewrite, Double rephrase, Double portability, Double locality) {}
