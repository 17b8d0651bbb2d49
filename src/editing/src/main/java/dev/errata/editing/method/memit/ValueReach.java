package dev.errata.editing.method.memit;

import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Architecture;
import java.util.ArrayList;
import java.util.List;

/**
 * How far a value reaches. δ changes the state at the subject's last token only; what the model
 * says behind later tokens changes where attention in a block above the value layer looks back that
 * far. Where it cannot, the loss does not depend on δ and the optimisation would leave 0.
 */
public final class ValueReach {
  private static final int SHOWN = 5;

  private ValueReach() {}

  /**
   * How many tokens behind the subject's last one a value can still be felt: no more than the sum
   * of what the windows of the blocks above let through.
   *
   * @return 0 above the last block; {@link Long#MAX_VALUE} where one block above sees everything
   */
  static long behind(List<Integer> windows, int valueLayer) {
    long reach = 0;
    for (int window : windows.subList(valueLayer + 1, windows.size())) {
      if (window == 0) {
        return Long.MAX_VALUE;
      }
      reach += window - 1;
    }
    return reach;
  }

  /**
   * Refuses a value layer from which some facts cannot be written: not even the first token of
   * their target is within reach.
   *
   * @param facts the facts of a job
   * @param name what messages call their source
   * @throws InputException naming the setting, the facts and the mend
   */
  public static void require(
      List<Fact> facts,
      String name,
      Tokenizer tokenizer,
      Architecture model,
      MemitSettings settings) {
    long reach = behind(model.attention().windows(), settings.valueLayer());
    if (reach == Long.MAX_VALUE) {
      return;
    }
    PromptEncoder encoder = new PromptEncoder(tokenizer);
    List<Integer> lines = new ArrayList<>();
    for (Fact fact : facts) {
      PromptEncoder.Encoded prompt = encoder.encode("", fact.prompt(), fact.subject());
      if (prompt.ids().length - 1 - prompt.subjectLast() > reach) {
        lines.add(fact.line());
      }
    }
    if (!lines.isEmpty()) {
      throw new InputException(message(name, lines, model, settings.valueLayer(), reach));
    }
  }

  private static String message(
      String name, List<Integer> lines, Architecture model, int layer, long reach) {
    boolean last = layer == model.layers() - 1;
    String shown =
        String.join(", ", lines.stream().limit(SHOWN).map(line -> name + ":" + line).toList());
    String more = lines.size() > SHOWN ? " and " + (lines.size() - SHOWN) + " more" : "";
    String mend =
        layer == 0
            ? "this model can hold only facts whose prompt ends with the subject"
            : "set valueLayer, and with it the last of layers, to "
                + (layer - 1)
                + (last ? " at most" : " or less, or shorten the prompts");
    return "spec.method.memit.valueLayer: "
        + layer
        + " (unless given, the last of layers) is "
        + (last
            ? "the model's last layer: no attention above it carries a value on to the words"
                + " behind the subject"
            : "too high: the attention above it carries a value at most "
                + reach
                + " tokens behind the subject")
        + ", where these facts have their target: "
        + shown
        + more
        + "; "
        + mend;
  }
}
