package dev.errata.editing.evaluate;

/**
 * What a model says of one fact. Shares from 0 to 1; null where there was nothing to measure.
 *
 * @param id the fact's name in its source, or null
 * @param line where it stands in its source
 * @param subject its subject
 * @param prompt its prompt with the subject filled in
 * @param target its target
 * @param oldTarget its old target, or null
 * @param probabilityNew geometric mean of the probabilities of the target's tokens
 * @param probabilityOld the same of the old target
 * @param effective whether the new target is the more probable of the two
 * @param exact whether greedy decoding gives the target
 * @param verified whether the fact holds: exact, and effective where the old target is known
 * @param generated what greedy decoding gives, as many tokens as the target has
 * @param paraphrase share of paraphrases on which the new target is the more probable
 * @param paraphraseExact share of paraphrases on which greedy decoding gives the target
 * @param prefixedExact whether greedy decoding gives the target when the prompt stands behind a
 *     prefix
 * @param neighbourhood share of neighbours on which their true answer is more probable than the new
 *     target
 * @param tokenAccuracy teacher-forced accuracy
 */
public record FactScore(
    String id,
    int line,
    String subject,
    String prompt,
    String target,
    String oldTarget,
    double probabilityNew,
    Double probabilityOld,
    Boolean effective,
    boolean exact,
    boolean verified,
    String generated,
    Double paraphrase,
    Double paraphraseExact,
    Boolean prefixedExact,
    Double neighbourhood,
    TokenAccuracy tokenAccuracy) {}
