package dev.errata.lab.textbook;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.errata.api.Fact;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.method.memit.MemitSettings;
import dev.errata.editing.method.memit.SubjectGroup;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Site;
import dev.errata.editing.model.Tap;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Step 2 of MEMIT for one subject at a time, one context at a time (Meng et al. 2023, §4.3): δ that
 * minimises, by gradient descent with Adam on a ball,
 *
 * <ul>
 *   <li>the mean over the subject's facts of the mean over contexts of the mean over target tokens
 *       of −log p,
 *   <li>plus klFactor · KL(p₀ ‖ p) behind "{subject} is a",
 *   <li>plus preserveFactor · the mean of KL(p₀ ‖ p) behind preserved templates,
 *   <li>plus weightDecay · ‖δ‖ / ‖h₀‖², where ‖h₀‖ is the mean over the subject's facts.
 * </ul>
 */
final class TextbookValues {
  private static final String ESSENCE = "{} is a";

  /** The model's answer behind a prompt before the edit: log p₀, [1, vocabulary]. */
  private record Kept(TextbookPrompt prompt, NDArray before, double weight) {}

  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final MemitSettings settings;
  private final List<String> contexts = new ArrayList<>(List.of(""));
  private final TextbookForward forward;

  TextbookValues(
      Decoder decoder, Tokenizer tokenizer, MemitSettings settings, List<String> prefixes) {
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    this.settings = settings;
    this.contexts.addAll(prefixes);
    this.forward = new TextbookForward(decoder);
  }

  /**
   * Optimises.
   *
   * @param templates all templates of the job, in order, without repeats
   */
  TextbookValue of(SubjectGroup group, List<String> templates) {
    List<double[]> starts = group.facts().stream().map(this::start).toList();
    double norm = starts.stream().mapToDouble(TextbookValues::norm).average().orElseThrow();
    try (Scope scope = new Scope()) {
      List<Kept> kept = kept(group, templates);
      double[] delta = new double[decoder.architecture().hidden()];
      TextbookAdam adam = new TextbookAdam(delta.length, settings.learningRate());
      for (int step = 1; ; step++) {
        double[] gradient = new double[delta.length];
        double loss = loss(group, kept, norm, delta, gradient);
        if (loss < settings.stopLoss() || step == settings.valueSteps()) {
          return new TextbookValue(group, delta, starts, loss, step);
        }
        delta = projected(adam.step(delta, gradient), settings.clamp() * norm);
      }
    }
  }

  private double[] start(Fact fact) {
    TextbookPrompt prompt = TextbookPrompt.bare(tokenizer, fact.prompt(), fact.subject());
    return forward
        .see(prompt.ids(), Site.BLOCK_OUTPUT, prompt.subjectLast())
        .get(settings.valueLayer());
  }

  private List<Kept> kept(SubjectGroup group, List<String> templates) {
    List<Kept> kept = new ArrayList<>();
    if (settings.klFactor() > 0) {
      kept.add(kept(ESSENCE, group.subject(), settings.klFactor()));
    }
    if (settings.preserveFactor() > 0) {
      List<String> chosen = preserved(group, templates);
      for (String template : chosen) {
        kept.add(kept(template, group.subject(), settings.preserveFactor() / chosen.size()));
      }
    }
    return kept;
  }

  private Kept kept(String template, String subject, double weight) {
    TextbookPrompt prompt = TextbookPrompt.bare(tokenizer, template, subject);
    return new Kept(prompt, atLast(forward.logProbabilities(prompt.ids(), Tap.NONE)), weight);
  }

  /**
   * Some of the job's other templates, but none after which the model says now what it says after
   * one of the facts' own prompts: that one asks for the fact itself. The draw is part of what the
   * settings mean.
   */
  List<String> preserved(SubjectGroup group, List<String> templates) {
    List<String> left = new ArrayList<>(templates);
    left.remove(ESSENCE);
    group.facts().forEach(fact -> left.remove(fact.prompt()));
    SplittableRandom random = new SplittableRandom(settings.seed() ^ group.subject().hashCode());
    List<String> chosen = new ArrayList<>();
    while (chosen.size() < settings.preserve() && !left.isEmpty()) {
      chosen.add(left.remove(random.nextInt(left.size())));
    }
    List<Long> own =
        group.facts().stream().map(fact -> answer(fact.prompt(), group.subject())).toList();
    chosen.removeIf(template -> own.contains(answer(template, group.subject())));
    return chosen;
  }

  /** The token that the model says next behind a filled template. */
  private long answer(String template, String subject) {
    try (Scope scope = new Scope()) {
      TextbookPrompt prompt = TextbookPrompt.bare(tokenizer, template, subject);
      return atLast(forward.logProbabilities(prompt.ids(), Tap.NONE)).argMax().getLong();
    }
  }

  /** The loss at δ; its gradient is written into the last argument. */
  private double loss(
      SubjectGroup group, List<Kept> kept, double norm, double[] at, double[] gradient) {
    NDManager manager = decoder.manager();
    try (Scope scope = new Scope();
        GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
      NDArray delta = manager.create(at, new Shape(at.length));
      delta.setRequiresGradient(true);
      NDArray loss = times(delta.norm(), settings.weightDecay() / (norm * norm));
      for (Fact fact : group.facts()) {
        for (String context : contexts) {
          NDArray term = surprise(fact, context, delta);
          loss = loss.add(times(term, 1.0 / (contexts.size() * group.facts().size())));
        }
      }
      for (Kept prompt : kept) {
        loss = loss.add(times(divergence(prompt, delta), prompt.weight()));
      }
      collector.backward(loss);
      System.arraycopy(delta.getGradient().toDoubleArray(), 0, gradient, 0, at.length);
      return loss.toType(DataType.FLOAT64, true).getDouble();
    }
  }

  /** The mean over the target's tokens of −log p. */
  private NDArray surprise(Fact fact, String context, NDArray delta) {
    int[] target = tokenizer.encode(" " + fact.target());
    TextbookPrompt prompt = TextbookPrompt.of(tokenizer, context, fact.prompt(), fact.subject());
    int[] ids = prompt.followedBy(target);
    Tap tap = forward.adding(delta, settings.valueLayer(), prompt.subjectLast(), ids.length);
    NDArray logs = forward.logProbabilities(ids, tap);
    int vocabulary = Math.toIntExact(logs.getShape().get(2));
    double[] wanted = new double[ids.length * vocabulary];
    for (int t = 0; t < target.length; t++) {
      wanted[(prompt.ids().length - 1 + t) * vocabulary + target[t]] = 1.0 / target.length;
    }
    Shape shape = new Shape(1, ids.length, vocabulary);
    NDArray mask = Tensors.owned(decoder.manager().create(wanted, shape));
    return logs.mul(mask).sum().neg();
  }

  /** KL(p₀ ‖ p) behind a prompt. */
  private NDArray divergence(Kept kept, NDArray delta) {
    TextbookPrompt prompt = kept.prompt();
    Tap tap =
        forward.adding(delta, settings.valueLayer(), prompt.subjectLast(), prompt.ids().length);
    NDArray logs = atLast(forward.logProbabilities(prompt.ids(), tap));
    return kept.before().exp().mul(kept.before().sub(logs)).sum();
  }

  /** The last position of [1, T, vocabulary], as [1, vocabulary] float64. */
  private NDArray atLast(NDArray logs) {
    int tokens = Math.toIntExact(logs.getShape().get(1));
    return logs.mul(forward.oneAt(tokens - 1, tokens)).sum(new int[] {1});
  }

  private NDArray times(NDArray values, double factor) {
    return values.mul(forward.constant(factor));
  }

  private static double[] projected(double[] vector, double limit) {
    double norm = norm(vector);
    if (norm <= limit) {
      return vector;
    }
    double[] result = new double[vector.length];
    for (int i = 0; i < vector.length; i++) {
      result[i] = vector[i] * limit / norm;
    }
    return result;
  }

  static double norm(double[] vector) {
    double squares = 0;
    for (double value : vector) {
      squares += value * value;
    }
    return Math.sqrt(squares);
  }
}
