package dev.errata.lab.textbook;

import ai.djl.ndarray.NDArray;
import dev.errata.api.Fact;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.method.memit.MemitSettings;
import dev.errata.editing.method.memit.SubjectGroup;
import dev.errata.editing.model.Decoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * MEMIT (Meng et al. 2023, arXiv 2210.07229) as the paper describes it: one subject, one context,
 * one layer at a time, whole sequences through the whole model, nothing kept between passes. It
 * shares with the library the decoder, the settings and the grouping by subject, and nothing else.
 */
public final class TextbookMemit {
  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final MemitSettings settings;
  private final List<String> prefixes;

  /**
   * Prepares.
   *
   * @param decoder the model; {@link #update} changes it
   * @param prefixes texts to put before prompts
   */
  public TextbookMemit(
      Decoder decoder, Tokenizer tokenizer, MemitSettings settings, List<String> prefixes) {
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    this.settings = settings;
    this.prefixes = List.copyOf(prefixes);
  }

  /**
   * Second moment of one layer.
   *
   * @param rows token rows of the corpus
   * @return C = E[k kᵀ], [f, f] float64, of the open scope
   */
  public NDArray moment(List<int[]> rows, int layer) {
    return TextbookMoments.of(decoder, rows, layer);
  }

  /**
   * Values of all groups.
   *
   * @param progress advanced by facts
   */
  public List<TextbookValue> values(List<SubjectGroup> groups, Progress progress) {
    List<String> templates = templates(groups);
    long total = groups.stream().mapToLong(group -> group.facts().size()).sum();
    TextbookValues values = new TextbookValues(decoder, tokenizer, settings, prefixes);
    List<TextbookValue> result = new ArrayList<>();
    long done = 0;
    for (SubjectGroup group : groups) {
      result.add(values.of(group, templates));
      done += group.facts().size();
      progress.advance(done, total);
    }
    return result;
  }

  /** All templates of a job, in order, without repeats. */
  static List<String> templates(List<SubjectGroup> groups) {
    return groups.stream().flatMap(g -> g.facts().stream()).map(Fact::prompt).distinct().toList();
  }

  /**
   * Writes values into the edited layers of the decoder, lowest first.
   *
   * @param kept groups whose keys are to map to what they map to now
   * @param moments C of each edited layer, [f, f] float64
   * @param lambda λ
   * @return Δ of each edited layer, [d · f] row-major, before it is rounded to the checkpoint's
   *     type
   */
  public Map<Integer, double[]> update(
      List<TextbookValue> values,
      List<SubjectGroup> kept,
      Map<Integer, NDArray> moments,
      double lambda) {
    return new TextbookUpdate(decoder, tokenizer, settings, prefixes)
        .apply(values, kept, moments, lambda);
  }
}
