package dev.errata.lab.bench;

import dev.errata.api.InputException;
import java.util.ArrayList;
import java.util.List;

/**
 * A random layer of experts to solve for.
 *
 * @param experts E
 * @param perToken how many experts a key reaches
 * @param keys n, number of edited positions
 * @param width f, width of an expert's key
 * @param hidden d, width of the residual stream
 * @param passes of the block coordinate descent; 0 to leave it out
 * @param residualShare share of the residual that the solve leaves; it decides λ
 * @param seed of all that is drawn
 */
record ExpertsPlan(
    int experts,
    int perToken,
    int keys,
    int width,
    int hidden,
    int passes,
    double residualShare,
    int seed) {

  /** All problems at once. */
  ExpertsPlan {
    List<String> problems = new ArrayList<>();
    atLeast(problems, "--experts", experts, 1);
    atLeast(problems, "--keys", keys, 1);
    atLeast(problems, "--width", width, 1);
    atLeast(problems, "--hidden", hidden, 1);
    atLeast(problems, "--passes", passes, 0);
    if (perToken < 1 || perToken > experts) {
      problems.add(
          "--per-token is %d; a key reaches from 1 to all %d --experts"
              .formatted(perToken, experts));
    }
    if (!(residualShare > 0 && residualShare < 1)) {
      problems.add("--residual-share is " + residualShare + "; it must be above 0 and below 1");
    }
    if (!problems.isEmpty()) {
      throw new InputException(String.join(System.lineSeparator(), problems));
    }
  }

  private static void atLeast(List<String> problems, String option, int value, int least) {
    if (value < least) {
      problems.add("%s is %d; it must be %d or more".formatted(option, value, least));
    }
  }
}
