package dev.errata.editing.evaluate;

import dev.errata.api.Fact;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import java.util.ArrayList;
import java.util.List;

/** Asks only whether facts hold: what the loop of verified edits needs after every solve. */
public final class Verifier {
  private Verifier() {}

  /**
   * Whether each fact holds: greedy decoding of its prompt gives the target, and the target is more
   * probable than the old one where that is known. The same as {@link FactScore#verified()}.
   *
   * @throws dev.errata.api.InputException when a prompt and its target exceed the model's context
   */
  public static boolean[] verify(Decoder decoder, Tokenizer tokenizer, List<Fact> facts) {
    Prompts prompts = new Prompts(tokenizer, decoder.architecture().positions());
    List<Probe> probes = new ArrayList<>();
    int[] old = new int[facts.size()];
    for (Fact fact : facts) {
      probes.add(prompts.probe(fact, fact.filled(), fact.target()));
    }
    for (int i = 0; i < old.length; i++) {
      Fact fact = facts.get(i);
      if (fact.oldTarget() != null) {
        old[i] = probes.size();
        probes.add(prompts.probe(fact, fact.filled(), fact.oldTarget()));
      }
    }
    Ticker ticker = new Ticker(Progress.NONE, probes.size());
    List<Score> scores =
        new Scorer(decoder, EvaluationSettings.DEFAULT.tokensPerBatch(), ticker).score(probes);
    boolean[] holds = new boolean[old.length];
    for (int i = 0; i < holds.length; i++) {
      Score now = scores.get(i);
      holds[i] =
          now.exact() && (old[i] == 0 || now.meanLogProb() > scores.get(old[i]).meanLogProb());
    }
    return holds;
  }
}
