package dev.errata.lab.pretrain;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.errata.api.InputException;
import java.util.ArrayList;
import java.util.List;

/**
 * All that decides what comes out of a pretraining: the same recipe on the same machine gives the
 * same bytes.
 *
 * @param shape the model
 * @param text what it reads
 * @param start what it begins with
 * @param optimiser how it learns
 * @param names how it learns to keep a person's objects at the name
 * @param experts the mixture of every layer; null for a dense model
 * @param steps optimiser steps
 */
record Recipe(
    Shape shape,
    Start start,
    Text text,
    Optimiser optimiser,
    Names names,
    @JsonInclude(JsonInclude.Include.NON_NULL) Experts experts,
    int steps) {

  /** Of a dense model. */
  Recipe(Shape shape, Start start, Text text, Optimiser optimiser, Names names, int steps) {
    this(shape, start, text, optimiser, names, null, steps);
  }

  /**
   * Sizes of the model.
   *
   * @param family {@code model_type}: {@code qwen3}, {@code qwen3_moe} or {@code gpt2}
   * @param layers number of blocks
   * @param hidden width of the residual stream
   * @param inner width of the feed-forward layer's key
   * @param heads number of query heads; divides {@code hidden}
   * @param keyValueHeads number of key and value heads; divides {@code heads}; GPT-2 has as many as
   *     query heads
   * @param context greatest number of tokens in one sequence; as many as are trained
   * @param vocabulary number of pieces
   */
  record Shape(
      String family,
      int layers,
      int hidden,
      int inner,
      int heads,
      int keyValueHeads,
      int context,
      int vocabulary) {}

  /**
   * The mixture of every layer, in which {@link Shape#inner} is the width of an expert.
   *
   * @param count experts of a layer
   * @param perToken how many a token takes
   * @param balance factor of the loss that keeps experts busy alike
   */
  record Experts(int count, int perToken, double balance) {}

  /**
   * The initial weights.
   *
   * @param seed of their draws
   * @param spread standard deviation of the matrices
   * @param positionSpread standard deviation of the learned positions
   */
  record Start(long seed, double spread, double positionSpread) {}

  /**
   * The text of a step.
   *
   * @param worldSeed seed of the world
   * @param people people of the world
   * @param rows sequences a step
   * @param length tokens a sequence
   */
  record Text(long worldSeed, int people, int rows, int length) {}

  /**
   * AdamW (Loshchilov and Hutter 2019) with warm-up, cosine decay and clipped gradients.
   *
   * @param rate greatest learning rate
   * @param warmUp steps in which the rate grows from 0
   * @param floor share of the rate that is left at the end
   * @param beta1 decay of the mean of gradients
   * @param beta2 decay of the mean of squared gradients
   * @param epsilon added to the root of the squares
   * @param decay weight decay of matrices; vectors have none
   * @param clip greatest norm of all gradients together
   */
  record Optimiser(
      double rate,
      int warmUp,
      double floor,
      double beta1,
      double beta2,
      double epsilon,
      double decay,
      double clip) {}

  /**
   * An auxiliary loss: behind a lower block the last token of a name must tell the person's
   * objects. Without it a small model looks a fact up at the last token of the prompt, where no
   * edit of the subject finds it.
   *
   * @param weight its factor; 0 for none
   * @param layer block behind which it is asked
   * @param alone steps at the beginning in which it is the only loss, and the blocks above rest: a
   *     family that would sooner look facts up at the last token does not begin to
   */
  record Names(double weight, int layer, int alone) {}

  /** All problems at once. */
  Recipe {
    List<String> problems = new ArrayList<>();
    atLeast(problems, "--steps", steps, 1);
    atLeast(problems, "--layers", shape.layers(), 1);
    atLeast(problems, "--inner", shape.inner(), 1);
    atLeast(problems, "--rows", text.rows(), 1);
    atLeast(problems, "--length", text.length(), 2);
    divides(problems, "--heads", shape.heads(), "--hidden", shape.hidden());
    divides(problems, "--key-value-heads", shape.keyValueHeads(), "--heads", shape.heads());
    if (shape.family().equals("gpt2") && shape.keyValueHeads() != shape.heads()) {
      problems.add("--key-value-heads: GPT-2 has as many as --heads; leave it out");
    }
    boolean mixture = shape.family().equals("qwen3_moe");
    if (mixture != (experts != null)) {
      problems.add("--experts belongs to --arch qwen3_moe, and it to --experts");
    } else if (mixture
        && (experts.perToken() < 1
            || experts.perToken() > experts.count()
            || !(experts.balance() >= 0))) {
      problems.add(
          "--experts %d, --per-token %d, --balance %s: a token takes from 1 to all experts, and balance is at least 0"
              .formatted(experts.count(), experts.perToken(), experts.balance()));
    }
    if (!(optimiser.rate() > 0)) {
      problems.add("--learning-rate must be greater than 0 but is " + optimiser.rate());
    }
    if (names.layer() < 0 || names.layer() >= shape.layers()) {
      problems.add(
          "--names-layer must be from 0 to %d but is %d"
              .formatted(shape.layers() - 1, names.layer()));
    }
    if (names.alone() < 0 || (names.alone() > 0 && names.weight() == 0)) {
      problems.add(
          "--names-alone must be 0 without --names-weight, and never less, but is "
              + names.alone());
    }
    if (!problems.isEmpty()) {
      throw new InputException(String.join(System.lineSeparator(), problems));
    }
  }

  private static void atLeast(List<String> problems, String option, int value, int least) {
    if (value < least) {
      problems.add("%s must be at least %d but is %d".formatted(option, least, value));
    }
  }

  private static void divides(
      List<String> problems, String option, int value, String other, int of) {
    if (value < 1 || of < 1 || of % value != 0) {
      problems.add("%s %d must divide %s %d".formatted(option, value, other, of));
    }
  }

  /** The learning rate of a step, from 0: linear warm-up, then half a cosine down to the floor. */
  double rate(int step) {
    double warm = Math.min(1, (step + 1.0) / optimiser.warmUp());
    double done =
        Math.max(0, step - optimiser.warmUp()) / (double) Math.max(1, steps - optimiser.warmUp());
    double cosine = 0.5 * (1 + Math.cos(Math.PI * done));
    return optimiser.rate() * warm * (cosine * (1 - optimiser.floor()) + optimiser.floor());
  }
}
