package dev.errata.editing.pipeline;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;
import dev.errata.api.Locations;
import dev.errata.api.resource.Evaluation;
import dev.errata.api.resource.Gate;
import dev.errata.api.resource.Memit;
import dev.errata.api.resource.Method;
import dev.errata.api.resource.Statistics;
import dev.errata.api.resource.Suite;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.Sha256;
import dev.errata.editing.evaluate.EvaluationSettings;
import dev.errata.editing.evaluate.Requirement;
import dev.errata.editing.method.alphaedit.AlphaEditMetric;
import dev.errata.editing.method.alphaedit.AlphaEditSettings;
import dev.errata.editing.method.memit.EditMetric;
import dev.errata.editing.method.memit.MemitPresets;
import dev.errata.editing.method.memit.MemitSettings;
import dev.errata.editing.model.Architecture;
import dev.errata.editing.statistics.Corpus;
import dev.errata.editing.statistics.Moments;
import dev.errata.editing.torch.Compute;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A job with nothing left open.
 *
 * @param method name of the edit method
 * @param settings its settings
 * @param fixedBatch whether the job says how many tokens run together
 * @param alphaEdit those of AlphaEdit; null for MEMIT
 * @param keepEarlier whether the facts of earlier versions are kept
 * @param corpus {@link Corpus#SELF} or a path
 * @param tokens tokens of the corpus for the second moments
 * @param domainTokens tokens of domain text for them, 0 for none
 * @param evaluation what is measured
 * @param requirements what must hold
 */
record JobPlan(
    String method,
    MemitSettings settings,
    boolean fixedBatch,
    AlphaEditSettings alphaEdit,
    boolean keepEarlier,
    String corpus,
    long tokens,
    int domainTokens,
    EvaluationSettings evaluation,
    List<Requirement> requirements) {
  /**
   * Completes a job by the preset of its model.
   *
   * @throws InputException when a layer is out of range or a text cannot be read
   */
  static JobPlan of(EditRequest request, Architecture model) {
    return of(request, model, MemitPresets.of(model).layers());
  }

  /**
   * The same with other layers than the preset's where the job leaves them open.
   *
   * @param open these layers
   */
  static JobPlan of(EditRequest request, Architecture model, List<Integer> open) {
    long seed = seed(request);
    Statistics statistics = request.spec().statistics();
    String corpus = corpus(request, statistics);
    Long tokens = statistics == null ? null : statistics.tokens();
    Method method = request.spec().method();
    MemitSettings settings = MemitPresets.resolve(method.memit(), model, seed, open);
    AlphaEditSettings alphaEdit =
        method.type() == Method.Type.AlphaEdit
            ? AlphaEditSettings.resolve(method.alphaEdit())
            : null;
    Integer domain = statistics == null ? null : statistics.domainTokens();
    return new JobPlan(
        method.type().name(),
        alphaEdit == null ? settings : settings.withLambda(alphaEdit.l2()),
        method.memit() != null && method.memit().batchTokens() != null,
        alphaEdit,
        method.keepEarlier() == null || method.keepEarlier(),
        corpus,
        tokens == null ? MemitPresets.of(model).statisticsTokens() : tokens,
        domain == null ? MemitPresets.of(model).domainTokens() : domain,
        // An edit changes no routing below the block behind the first edited one.
        evaluation(request, seed).withRoutingFrom(settings.layers().get(0) + 1),
        requirements(request.spec().evaluation()));
  }

  static long seed(EditRequest request) {
    return request.spec().seed() == null ? 0 : request.spec().seed();
  }

  /** Whether neither the job nor a preset knows which layers to edit. */
  static boolean layersAreOpen(EditRequest request, Architecture model) {
    Memit memit = request.spec().method().memit();
    return (memit == null || memit.layers() == null) && MemitPresets.of(model).unmeasured();
  }

  private static String corpus(EditRequest request, Statistics statistics) {
    if (statistics == null
        || statistics.corpus() == null
        || statistics.corpus().equals(Corpus.SELF)) {
      return Corpus.SELF;
    }
    String field = "spec.statistics.corpus";
    return Locations.resolve(request.manifest(), statistics.corpus(), field).toString();
  }

  private static EvaluationSettings evaluation(EditRequest request, long seed) {
    Evaluation wanted = request.spec().evaluation();
    EvaluationSettings settings = EvaluationSettings.DEFAULT.withSeed(seed);
    if (wanted != null && wanted.suites() != null) {
      Set<Suite> suites = EnumSet.copyOf(wanted.suites());
      settings = settings.withSuites(suites);
    }
    if (wanted != null && wanted.text() != null) {
      Path file = Locations.resolve(request.manifest(), wanted.text(), "spec.evaluation.text");
      settings = settings.withHeldOut(text(file));
    }
    return settings;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new InputException(file + ": not UTF-8; save the file as UTF-8", e);
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  private static List<Requirement> requirements(Evaluation evaluation) {
    List<Gate> gates =
        evaluation == null || evaluation.require() == null ? List.of() : evaluation.require();
    return gates.stream()
        .map(gate -> new Requirement(gate.metric().key(), gate.minimum(), gate.maximum()))
        .toList();
  }

  /** The same job in other batches. */
  JobPlan in(MemoryPlan.Batch batch) {
    return new JobPlan(
        method,
        settings.withBatchTokens(batch.values()),
        fixedBatch,
        alphaEdit,
        keepEarlier,
        corpus,
        tokens,
        domainTokens,
        evaluation.withTokensPerBatch(batch.evaluation()),
        requirements);
  }

  /** What a change of the weights costs; tensors belong to the open scope. */
  EditMetric metric(Moments moments) {
    return alphaEdit == null
        ? EditMetric.ofMoments(moments)
        : new AlphaEditMetric(moments, alphaEdit);
  }

  /** The settings as a version's manifest holds them. */
  ObjectNode describe() {
    ObjectNode node = Workspace.JSON.valueToTree(settings);
    node.remove("seed");
    if (alphaEdit != null) {
      node.remove("lambda");
      node.set("alphaEdit", Workspace.JSON.valueToTree(alphaEdit));
    }
    node.put("keepEarlier", keepEarlier);
    ObjectNode statistics = node.putObject("statistics");
    statistics.put("corpus", corpus).put("tokens", tokens).put("domainTokens", domainTokens);
    return node;
  }

  /**
   * All that determines the result, each by its place in the manifest.
   *
   * @param job name of the job
   * @param parent digest of the parent's checkpoint
   * @param facts digest of the facts
   * @param corpusDigest digest of the corpus' content; Self text follows from the parent
   */
  JobInputs inputs(String job, String parent, String facts, String corpusDigest, Compute compute) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("parent", parent).put("--dtype", compute.type().name());
    ObjectNode spec = node.putObject("spec");
    spec.put("facts", facts).put("seed", settings.seed());
    ObjectNode of = spec.putObject("method").put("type", method);
    ObjectNode memit = Workspace.JSON.valueToTree(settings);
    memit.remove("seed");
    if (!fixedBatch) {
      // Chosen for the memory there is: no part of what the job is.
      memit.remove("batchTokens");
    }
    of.set("memit", memit);
    of.set("alphaEdit", Workspace.JSON.valueToTree(alphaEdit));
    of.put("keepEarlier", keepEarlier);
    ObjectNode statistics = spec.putObject("statistics").put("corpus", corpusDigest);
    statistics.put("tokens", tokens).put("domainTokens", domainTokens);
    ObjectNode measured = spec.putObject("evaluation");
    measured.set(
        "suites", Workspace.JSON.valueToTree(evaluation.suites().stream().sorted().toList()));
    measured.put("text", evaluation.heldOut() == null ? null : Sha256.ofText(evaluation.heldOut()));
    measured.set("require", Workspace.JSON.valueToTree(requirements));
    return JobInputs.of(job, node);
  }
}
