package dev.errata.editing.method.memit;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Kernels;
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
  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final MemitSettings settings;
  private final List<String> prefixes;

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
   * Optimises.
   *
   * @param groups the facts by subject
   * @param progress advanced by finished facts
   * @throws dev.errata.api.InputException when facts do not fit the model's context
   */
  public ValueSet optimize(List<SubjectGroup> groups, Progress progress) {
    var layout = new ValueRows(tokenizer, settings, prefixes, decoder.architecture().positions());
    List<ValueRow> rows = layout.of(groups);
    var work = new Work(groups, progress);
    int from = 0;
    while (from < groups.size()) {
      int to = chunkEnd(rows, from, groups.size());
      work.run(rows, from, to);
      from = to;
    }
    return work.result();
  }

  /** As many groups as have their keys and values above the value layer in about a gigabyte. */
  private int chunkEnd(List<ValueRow> rows, int from, int groups) {
    var a = decoder.architecture();
    long above = a.layers() - settings.valueLayer() - 1L;
    long perToken =
        Math.max(1, above * 2 * a.attention().keyValueHeads() * a.attention().headDim() * 4);
    long tokens = 0;
    int group = from;
    for (ValueRow row : rows) {
      if (row.group() < from) {
        continue;
      }
      tokens += row.ids().length;
      if (row.group() > group && tokens * perToken > (1L << 30)) {
        return row.group();
      }
      group = row.group();
    }
    return groups;
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
      this.total = groups.stream().mapToLong(group -> group.facts().size()).sum();
    }

    ValueSet result() {
      return new ValueSet(groups, deltas, starts, losses, steps);
    }

    /** Optimises groups {@code from} … {@code to − 1}; group indices inside start at 0. */
    void run(List<ValueRow> all, int from, int to) {
      List<ValueRow> rows =
          all.stream()
              .filter(row -> row.group() >= from && row.group() < to)
              .map(row -> row.inGroup(row.group() - from))
              .toList();
      try (Kernels kernels =
          Kernels.load(decoder.manager(), ValueOptimizer.class, "values.py", Map.of())) {
        List<ValueBatch> batches = new ArrayList<>();
        try {
          for (List<ValueRow> part : parts(rows)) {
            batches.add(new ValueBatch(decoder, kernels, settings.valueLayer(), part));
          }
          optimize(batches, from, to - from);
        } finally {
          batches.forEach(ValueBatch::close);
        }
      }
    }

    private void optimize(List<ValueBatch> batches, int from, int count) {
      collectStarts(batches, from, count);
      spareTheFactItself(batches, count);
      double[] norms = new double[count];
      for (int g = 0; g < count; g++) {
        norms[g] = starts.get(from + g).stream().mapToDouble(Adam::norm).average().orElse(0);
      }
      var adam = new Adam(count, decoder.architecture().hidden(), settings, norms);
      boolean[] active = new boolean[count];
      Arrays.fill(active, true);
      for (int step = 0; step < settings.valueSteps() && anyOf(active); step++) {
        boolean last = step == settings.valueSteps() - 1;
        double[][] gradient = new double[count][];
        double[] loss = step(batches, adam, gradient, last);
        for (int g = 0; g < count; g++) {
          if (active[g]) {
            loss[g] += settings.weightDecay() * adam.norm(g) / (norms[g] * norms[g]);
            losses[from + g] = loss[g];
            steps[from + g] = step + 1;
            if (loss[g] < settings.stopLoss() || last) {
              active[g] = false;
              done += groups.get(from + g).facts().size();
            }
          }
        }
        progress.advance(done, total);
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

    private void collectStarts(List<ValueBatch> batches, int from, int count) {
      for (int g = 0; g < count; g++) {
        starts.add(new ArrayList<>());
        for (int f = 0; f < groups.get(from + g).facts().size(); f++) {
          starts.get(from + g).add(null);
        }
      }
      for (ValueBatch batch : batches) {
        batch.collectStarts((group, fact, start) -> starts.get(from + group).set(fact, start));
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

  /** Batches of rows of like length, each within the token budget. */
  private List<List<ValueRow>> parts(List<ValueRow> rows) {
    List<ValueRow> sorted = new ArrayList<>(rows);
    sorted.sort(Comparator.comparingInt(ValueRow::suffix).thenComparingInt(ValueRow::subjectLast));
    List<List<ValueRow>> parts = new ArrayList<>();
    List<ValueRow> part = new ArrayList<>();
    int prefix = 0;
    for (ValueRow row : sorted) {
      int widest = Math.max(prefix, row.subjectLast());
      long tokens = (part.size() + 1L) * (widest + row.suffix());
      boolean longer = !part.isEmpty() && row.suffix() > part.get(0).suffix() + 2;
      if (!part.isEmpty() && (tokens > settings.batchTokens() || (longer && part.size() >= 16))) {
        parts.add(part);
        part = new ArrayList<>();
        widest = row.subjectLast();
      }
      part.add(row);
      prefix = widest;
    }
    if (!part.isEmpty()) {
      parts.add(part);
    }
    return parts;
  }
}
