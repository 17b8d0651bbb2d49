package dev.errata.editing.method.memit;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.errata.api.Figure;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Kernels;
import dev.errata.editing.torch.NativeHeap;
import dev.errata.editing.torch.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds δ for every group of facts (MEMIT §4.3, eq. 14-16): all groups at once, rows independent,
 * with only what δ can change computed again at each step.
 */
public final class ValueOptimizer {
  private static final int SHARD_BATCHES = 2;

  /** Tokens before the subjects' last ones that run together, as a multiple of the budget. */
  private static final int BEFORE = 4;

  /** Bytes of keys and values that a shard may keep. */
  private static final long CACHED = 1L << 30;

  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final MemitSettings settings;
  private final List<String> prefixes;
  private List<SubjectGroup> laidOut;
  private List<ValueRow> rows;

  /**
   * Prepares.
   *
   * @param prefixes texts to put before prompts, P of them
   */
  public ValueOptimizer(
      Decoder decoder, Tokenizer tokenizer, MemitSettings settings, List<String> prefixes) {
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    this.settings = settings.requireFits(decoder.architecture().layers());
    this.prefixes = List.copyOf(prefixes);
  }

  /**
   * Some of the groups, {@code from} … {@code to − 1}, that are optimised by themselves: their
   * values do not depend on those of other shards, nor on who computes them in which order.
   */
  public record Shard(int from, int to) {}

  /**
   * Cuts groups into shards, each of a few full batches: what a killed run loses at most, and what
   * one worker computes. The cut depends on the groups, the settings and the model only.
   *
   * @param groups the facts by subject
   * @throws dev.errata.api.InputException when facts do not fit the model's context
   */
  public List<Shard> shards(List<SubjectGroup> groups) {
    List<Shard> shards = new ArrayList<>();
    long mostSteps = (long) SHARD_BATCHES * settings.batchTokens();
    long mostKept = CACHED / perToken();
    long stepped = 0;
    long kept = 0;
    int from = 0;
    int group = 0;
    for (ValueRow row : rows(groups)) {
      if (row.group() > group && (stepped >= mostSteps || kept >= mostKept)) {
        shards.add(new Shard(from, row.group()));
        from = row.group();
        stepped = 0;
        kept = 0;
      }
      stepped += row.suffix();
      kept += row.ids().length;
      group = row.group();
    }
    shards.add(new Shard(from, groups.size()));
    return shards;
  }

  /** Bytes of keys and values above the value layer that a token takes. */
  private long perToken() {
    var a = decoder.architecture();
    long above = a.layers() - settings.valueLayer() - 1L;
    return Math.max(1, above * 2 * a.attention().keyValueHeads() * a.attention().headDim() * 4);
  }

  /**
   * Optimises all groups, shard by shard.
   *
   * @param groups the facts by subject
   * @param progress advanced by facts, one that is not finished counting by its steps
   * @throws dev.errata.api.InputException when facts do not fit the model's context
   */
  public ValueSet optimize(List<SubjectGroup> groups, Progress progress) {
    long total = SubjectGroup.facts(groups);
    long done = 0;
    List<ValueSet> parts = new ArrayList<>();
    for (Shard shard : shards(groups)) {
      parts.add(optimize(groups, shard, progress.piece(done, total)));
      done += SubjectGroup.facts(groups.subList(shard.from(), shard.to()));
    }
    return ValueSet.joined(parts);
  }

  /**
   * Optimises one of the {@link #shards}.
   *
   * @param groups all groups: a shard's protected prompts are made of all templates
   * @param progress the same of the shard
   * @return the values of the shard's groups
   */
  public ValueSet optimize(List<SubjectGroup> groups, Shard shard, Progress progress) {
    var work = new Work(groups.subList(shard.from(), shard.to()), progress);
    work.run(
        rows(groups).stream()
            .filter(row -> row.group() >= shard.from() && row.group() < shard.to())
            .map(row -> row.inGroup(row.group() - shard.from()))
            .toList());
    return work.result();
  }

  /** How much there was to compute for values that this gave. */
  public ValueWork work(ValueSet values) {
    return ValueWork.of(rows(values.groups()), values.steps(), settings.valueSteps());
  }

  /** The rows of all groups; laid out once for all shards of the same groups. */
  private List<ValueRow> rows(List<SubjectGroup> groups) {
    if (!groups.equals(laidOut)) {
      var layout = new ValueRows(tokenizer, settings, prefixes, decoder.architecture().positions());
      rows = layout.of(groups);
      laidOut = List.copyOf(groups);
    }
    return rows;
  }

  /** The state of one call. */
  private final class Work {
    private final List<SubjectGroup> groups;
    private final Progress progress;
    private final List<float[]> deltas = new ArrayList<>();
    private final List<List<float[]>> starts = new ArrayList<>();
    private final double[] losses;
    private final int[] steps;
    private final long total;
    private long done;

    Work(List<SubjectGroup> groups, Progress progress) {
      this.groups = groups;
      this.progress = progress;
      this.losses = new double[groups.size()];
      this.steps = new int[groups.size()];
      this.total = SubjectGroup.facts(groups);
    }

    ValueSet result() {
      return new ValueSet(groups, deltas, starts, losses, steps);
    }

    void run(List<ValueRow> rows) {
      try (Kernels kernels =
          Kernels.load(decoder.manager(), ValueOptimizer.class, "values.py", Map.of())) {
        List<ValueBatch> batches = new ArrayList<>();
        try {
          for (List<ValueRow> part : parts(rows)) {
            batches.add(new ValueBatch(decoder, kernels, settings.valueLayer(), part));
          }
          // From here on δ passes through the blocks above it and no others.
          decoder.unload(0, settings.valueLayer() + 1);
          NativeHeap.trim();
          optimize(batches, groups.size());
        } finally {
          batches.forEach(ValueBatch::close);
        }
      }
    }

    private void optimize(List<ValueBatch> batches, int count) {
      collectStarts(batches, count);
      spareTheFactItself(batches, count);
      double[] norms = new double[count];
      for (int g = 0; g < count; g++) {
        norms[g] = starts.get(g).stream().mapToDouble(Adam::norm).average().orElse(0);
      }
      var adam = new Adam(count, decoder.architecture().hidden(), settings, norms);
      boolean[] active = new boolean[count];
      Arrays.fill(active, true);
      for (int step = 0; step < settings.valueSteps() && anyOf(active); step++) {
        boolean last = step == settings.valueSteps() - 1;
        double[][] gradient = new double[count][];
        double[] loss = step(batches, adam, gradient, last);
        double sum = 0;
        int optimised = 0;
        for (int g = 0; g < count; g++) {
          if (active[g]) {
            loss[g] += settings.weightDecay() * adam.norm(g) / (norms[g] * norms[g]);
            losses[g] = loss[g];
            steps[g] = step + 1;
            sum += loss[g];
            optimised++;
            if (loss[g] < settings.stopLoss() || last) {
              active[g] = false;
              done += groups.get(g).facts().size();
            }
          }
        }
        // Most facts need nearly all steps: counting only finished ones would look like standstill.
        long part = (total - done) * (step + 1) / settings.valueSteps();
        progress.advance(done + part, total);
        progress.figure(Figure.VALUE_LOSS, sum / optimised);
        progress.figure(
            Figure.VALUE_DIVERGENCE,
            batches.stream().mapToDouble(ValueBatch::divergence).sum() / optimised);
        if (!last) {
          adam.step(gradient, active);
          batches.forEach(batch -> batch.compact(active));
          batches.removeIf(ValueBatch::isEmpty);
        }
      }
      for (int g = 0; g < count; g++) {
        deltas.add(adam.delta(g));
      }
    }

    /** One evaluation of the loss of every group, and of its gradient unless it is the last. */
    private double[] step(List<ValueBatch> batches, Adam adam, double[][] gradient, boolean last) {
      NDManager manager = decoder.manager();
      int count = gradient.length;
      int width = decoder.architecture().hidden();
      double[] loss = new double[count];
      try (Scope scope = new Scope();
          GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
        NDArray delta = manager.create(adam.flat(), new Shape(count, width));
        delta.setRequiresGradient(!last);
        for (ValueBatch batch : batches) {
          double[] part = batch.losses(delta, sum -> backward(collector, sum, last));
          for (int g = 0; g < count; g++) {
            loss[g] += part[g];
          }
        }
        if (!last) {
          double[] flat = delta.getGradient().toDoubleArray();
          for (int g = 0; g < count; g++) {
            gradient[g] = Arrays.copyOfRange(flat, g * width, (g + 1) * width);
          }
        }
      }
      return loss;
    }

    private void backward(GradientCollector collector, NDArray sum, boolean last) {
      if (!last) {
        collector.backward(sum);
      }
    }

    private void collectStarts(List<ValueBatch> batches, int count) {
      for (int g = 0; g < count; g++) {
        starts.add(new ArrayList<>());
        for (int f = 0; f < groups.get(g).facts().size(); f++) {
          starts.get(g).add(null);
        }
      }
      for (ValueBatch batch : batches) {
        batch.collectStarts((group, fact, start) -> starts.get(group).set(fact, start));
      }
    }

    /**
     * A template after which the unedited model says what it says after a fact's own prompt asks
     * for the fact itself: preserving it would preserve the old answer. It is dropped, and the
     * others share its weight.
     */
    private void spareTheFactItself(List<ValueBatch> batches, int count) {
      List<Set<Long>> own = new ArrayList<>();
      for (int g = 0; g < count; g++) {
        own.add(new HashSet<>());
      }
      batches.forEach(
          batch ->
              batch.eachAnswer(
                  (row, answer) -> {
                    if (row.isBareFact()) {
                      own.get(row.group()).add(answer);
                    }
                  }));
      int[] left = new int[count];
      batches.forEach(
          batch ->
              batch.eachAnswer(
                  (row, answer) -> {
                    if (row.fact() == ValueRow.TEMPLATE && !own.get(row.group()).contains(answer)) {
                      left[row.group()]++;
                    }
                  }));
      for (ValueBatch batch : batches) {
        batch.change(
            (row, answer) -> {
              if (row.fact() != ValueRow.TEMPLATE) {
                return row;
              }
              return own.get(row.group()).contains(answer)
                  ? null
                  : row.weighing(settings.preserveFactor() / left[row.group()]);
            });
      }
      batches.removeIf(ValueBatch::isEmpty);
    }

    private boolean anyOf(boolean[] flags) {
      for (boolean flag : flags) {
        if (flag) {
          return true;
        }
      }
      return false;
    }
  }

  /**
   * Batches of rows of like length, each within the token budget and all about equally full. What a
   * step computes is counted: tokens before the subject's last one run once, without a way back.
   */
  private List<List<ValueRow>> parts(List<ValueRow> rows) {
    List<ValueRow> sorted = new ArrayList<>(rows);
    sorted.sort(Comparator.comparingInt(ValueRow::suffix).thenComparingInt(ValueRow::subjectLast));
    long budget = settings.batchTokens();
    long total = rows.stream().mapToLong(ValueRow::suffix).sum();
    long count = (total + budget - 1) / budget;
    List<List<ValueRow>> parts = new ArrayList<>();
    List<ValueRow> part = new ArrayList<>();
    long tokens = 0;
    int prefix = 0;
    for (ValueRow row : sorted) {
      int widest = Math.max(prefix, row.subjectLast());
      boolean full = tokens * count >= total || tokens + row.suffix() > budget;
      if (!part.isEmpty() && (full || (part.size() + 1L) * widest > BEFORE * budget)) {
        parts.add(part);
        part = new ArrayList<>();
        tokens = 0;
        widest = row.subjectLast();
      }
      part.add(row);
      tokens += row.suffix();
      prefix = widest;
    }
    if (!part.isEmpty()) {
      parts.add(part);
    }
    return parts;
  }
}
