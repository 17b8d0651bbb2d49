package dev.errata.lab.sequential;

import dev.errata.api.Fact;
import dev.errata.api.Progress;
import dev.errata.api.facts.FactFormat;
import dev.errata.api.facts.FactReader;
import dev.errata.api.facts.OnContradiction;
import dev.errata.api.resource.EditJobSpec;
import dev.errata.api.resource.FactsSource;
import dev.errata.api.resource.OnConflict;
import dev.errata.api.resource.Promotion;
import dev.errata.api.resource.Statistics;
import dev.errata.api.resource.Suite;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.checkpoint.store.VersionStore;
import dev.errata.editing.evaluate.Evaluation;
import dev.errata.editing.evaluate.EvaluationSettings;
import dev.errata.editing.evaluate.Evaluator;
import dev.errata.editing.evaluate.Verifier;
import dev.errata.editing.method.memit.MemitPresets;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.pipeline.EditJobRun;
import dev.errata.editing.pipeline.EditRequest;
import dev.errata.editing.pipeline.JobReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Runs the jobs of every variant, each from the version before, as {@code errata run} does. */
final class Sequential {
  private final SequentialPlan plan;
  private final VersionStore store;
  private final EvaluationSettings evaluation;
  private final Consumer<String> heard;

  /**
   * Prepares.
   *
   * @param store where the versions go; a model a variant
   * @param heldOut text for perplexity and routing, or null
   * @param heard hears what is done
   */
  Sequential(SequentialPlan plan, VersionStore store, String heldOut, Consumer<String> heard) {
    this.plan = plan;
    this.store = store;
    this.heard = heard;
    EvaluationSettings settings = EvaluationSettings.DEFAULT.withSeed(plan.seed());
    this.evaluation = heldOut == null ? settings : settings.withHeldOut(heldOut);
  }

  private record Model(Checkpoint checkpoint, Tokenizer tokenizer, Decoder decoder)
      implements AutoCloseable {
    @Override
    public void close() {
      decoder.close();
      tokenizer.close();
      checkpoint.close();
    }
  }

  SequentialReport run() {
    heard.accept("unedited model");
    Evaluation before = measure("base", plan.variants().get(0), plan.facts(), null);
    Evaluation first = measure("base", plan.variants().get(0), firstFacts(), null);
    List<SequentialReport.OfVariant> variants = new ArrayList<>();
    for (Variant variant : plan.variants()) {
      variants.add(run(variant, before, first));
    }
    return new SequentialReport(
        plan.model().toString(),
        plan.facts().size(),
        plan.jobs(),
        JobReport.figures(before.metrics()),
        variants);
  }

  private List<Fact> firstFacts() {
    return plan.batches().get(0);
  }

  private static String name(Variant variant) {
    return variant.name().toLowerCase(Locale.ROOT);
  }

  private SequentialReport.OfVariant run(Variant variant, Evaluation before, Evaluation first) {
    imported(variant);
    double seconds = 0;
    List<SequentialReport.AfterJob> jobs = new ArrayList<>();
    for (int job = 1; job <= plan.jobs(); job++) {
      long start = System.nanoTime();
      JobReport report =
          EditJobRun.run(store, request(variant, job), plan.compute(), Progress.NONE);
      seconds += (System.nanoTime() - start) / 1e9;
      SequentialReport.AfterJob after = after(variant, job, report.version());
      heard.accept(
          String.format(
              Locale.ROOT,
              "%s: job %d of %d: %.3f of its facts and %.3f of all so far hold",
              variant,
              job,
              plan.jobs(),
              after.own(),
              after.soFar()));
      jobs.add(after);
    }
    Evaluation after = measure("latest", variant, plan.facts(), before);
    Evaluation ofFirst = measure("latest", variant, firstFacts(), first);
    return new SequentialReport.OfVariant(
        variant.name(),
        seconds,
        jobs,
        JobReport.figures(after.metrics()),
        JobReport.figures(ofFirst.metrics()),
        after.routing());
  }

  private void imported(Variant variant) {
    if (store.models().stream().noneMatch(model -> model.name().equals(name(variant)))) {
      store.importModel(name(variant), plan.model());
    }
  }

  private EditRequest request(Variant variant, int job) {
    List<Fact> facts = plan.batches().get(job - 1);
    EditJobSpec spec =
        new EditJobSpec(
            name(variant),
            "Latest",
            OnConflict.Fail,
            new FactsSource(FactFormat.Jsonl, null, null, null, OnContradiction.Refuse),
            variant.method(),
            new Statistics(plan.corpus(), plan.tokens(), null),
            new dev.errata.api.resource.Evaluation(
                List.of(Suite.Probability, Suite.Generation), null, null),
            Promotion.Automatic,
            null,
            null,
            false,
            null,
            null,
            null,
            null,
            plan.seed());
    return new EditRequest(
        "job-" + job,
        spec,
        FactReader.check(facts, i -> "fact " + i, FactReader.Options.DEFAULT),
        "the facts of job " + job,
        Path.of("sequential.yaml").toAbsolutePath(),
        false,
        plan.memory());
  }

  private SequentialReport.AfterJob after(Variant variant, int job, String version) {
    List<List<Fact>> batches = plan.batches().subList(0, job);
    List<Fact> facts = batches.stream().flatMap(List::stream).toList();
    boolean[] holds =
        on(version, variant, model -> Verifier.verify(model.decoder(), model.tokenizer(), facts));
    int size = batches.get(0).size();
    return new SequentialReport.AfterJob(
        job, version, share(holds, facts.size() - size), share(holds, 0));
  }

  private static double share(boolean[] holds, int from) {
    long count = IntStream.range(from, holds.length).filter(i -> holds[i]).count();
    return count / (double) (holds.length - from);
  }

  private Evaluation measure(
      String version, Variant variant, List<Fact> facts, Evaluation unedited) {
    imported(variant);
    return on(
        version,
        variant,
        model -> {
          int first = MemitPresets.of(model.decoder().architecture()).layers().get(0);
          return Evaluator.evaluate(
              model.decoder(),
              model.tokenizer(),
              facts,
              evaluation.withRoutingFrom(first + 1),
              unedited == null ? null : unedited.reference(),
              Progress.NONE);
        });
  }

  private <T> T on(String version, Variant variant, Function<Model, T> work) {
    Checkpoint checkpoint = store.version(name(variant) + "@" + version).openCheckpoint();
    Tokenizer tokenizer = Tokenizer.open(checkpoint.directory());
    try (Model model = new Model(checkpoint, tokenizer, Decoder.open(checkpoint, plan.compute()))) {
      return work.apply(model);
    }
  }
}
