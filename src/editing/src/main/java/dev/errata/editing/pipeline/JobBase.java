package dev.errata.editing.pipeline;

import dev.errata.api.Fact;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionStore;
import dev.errata.editing.evaluate.GateNeeds;
import dev.errata.editing.locate.LayerSearch;
import dev.errata.editing.method.memit.MemitSettings;
import dev.errata.editing.method.memit.ValueReach;
import dev.errata.editing.model.Architecture;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.statistics.Corpus;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The parent's checkpoint, opened, and what the job wants of it.
 *
 * @param found what led to the plan's layers; null where the job or a preset names them
 */
record JobBase(
    Version version,
    Checkpoint checkpoint,
    Tokenizer tokenizer,
    Decoder decoder,
    JobPlan plan,
    int facts,
    LayerSearch.Found found)
    implements AutoCloseable {
  /**
   * Opens it.
   *
   * @param kept a directory for what is costly to find again
   */
  static JobBase open(
      Version version, Compute compute, EditRequest request, Path kept, Progress progress) {
    Checkpoint checkpoint = version.openCheckpoint();
    Tokenizer tokenizer = Tokenizer.open(checkpoint.directory());
    Decoder decoder = Decoder.open(checkpoint, compute);
    JobPlan plan = JobPlan.of(request, decoder.architecture());
    LayerSearch.Found found = null;
    Architecture model = decoder.architecture();
    List<Fact> facts = request.facts().facts();
    FactFit.require(facts, request.factsName(), tokenizer, model.positions());
    if (JobPlan.layersAreOpen(request, model)) {
      LayerDefaults defaults = new LayerDefaults(kept, version.manifest().digest(), compute);
      long seed = JobPlan.seed(request);
      found = defaults.find(decoder, tokenizer, facts, seed, progress);
      plan = JobPlan.of(request, model, found.layers());
    }
    int routed = plan.evaluation().routingFrom();
    boolean routers = IntStream.range(routed, model.layers()).anyMatch(model::isMixture);
    GateNeeds.require(plan.requirements(), plan.evaluation(), facts, routers);
    ValueReach.require(facts, request.factsName(), tokenizer, model, plan.settings());
    return new JobBase(version, checkpoint, tokenizer, decoder, plan, facts.size(), found);
  }

  Corpus corpus() {
    long seed = plan.settings().seed();
    return Corpus.open(plan.corpus(), Path.of(""), decoder, tokenizer, seed);
  }

  /**
   * The batches for some memory; refuses too little.
   *
   * @param store where the versions before this one lie
   */
  MemoryPlan memory(VersionStore store, long given) {
    long parameters =
        checkpoint.tensorNames().stream().mapToLong(n -> checkpoint.tensor(n).elements()).sum();
    int element = Tensors.width(decoder.compute().type());
    MemitSettings settings = plan.settings();
    boolean samples = plan.corpus().equals(Corpus.SELF) || plan.domainTokens() > 0;
    MemoryPlan.Work work =
        new MemoryPlan.Work(
            decoder.architecture(),
            parameters,
            element,
            settings,
            plan.fixedBatch(),
            converted(),
            samples,
            facts,
            plan.keepEarlier() ? Lineage.sizes(store, version, settings.layers()) : Map.of());
    int tokens = plan.evaluation().tokensPerBatch();
    return MemoryPlan.of(work, new MemoryPlan.Batch(settings.batchTokens(), tokens), given);
  }

  /** Whether weights are read into another type than they lie in, as half types always are. */
  private boolean converted() {
    int element = Tensors.width(decoder.compute().type());
    return checkpoint.tensorNames().stream()
        .map(name -> checkpoint.tensor(name).dtype())
        .allMatch(dtype -> dtype.bytes() != element || element == 2);
  }

  /** All that determines the job's result on a parent with this content. */
  JobInputs inputs(String parentDigest, EditRequest request) {
    String corpus = plan.corpus().equals(Corpus.SELF) ? Corpus.SELF : corpus().digest();
    String digest = request.facts().digest();
    return plan.inputs(request.name(), parentDigest, digest, corpus, decoder.compute());
  }

  @Override
  public void close() {
    decoder.close();
    tokenizer.close();
    checkpoint.close();
  }
}
