package dev.errata.editing.method.memit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Frame;
import dev.errata.editing.model.KeyValueCache;
import dev.errata.editing.model.Rows;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.torch.Kernels;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Rows of the values' loss that run together. What δ cannot change is computed once: blocks up to
 * the value layer, and in the blocks above the keys and values of all positions before the
 * subject's last token.
 */
final class ValueBatch implements AutoCloseable {
  private static final double COMPACT_BELOW = 0.95;

  /** The order of labels: those of rows that are not protected come first. */
  private static final boolean[] LABELS = {false, true};

  private final Decoder decoder;
  private final Kernels kernels;
  private final int valueLayer;
  private List<ValueRow> rows;
  private NDArray hidden; // [1, N, d]: output of the value layer from subject-last on, packed
  private KeyValueCache past;
  private Frame frame;
  private long[] answers;
  private double divergence;
  private NDArray before; // [P, V]: log-probabilities of the unedited model at protected labels

  ValueBatch(Decoder decoder, Kernels kernels, int valueLayer, List<ValueRow> rows) {
    this.decoder = decoder;
    this.kernels = kernels;
    this.valueLayer = valueLayer;
    this.rows = rows;
    prepare();
  }

  private void prepare() {
    try (Scope scope = new Scope()) {
      List<int[]> prefixes =
          rows.stream().map(row -> Arrays.copyOf(row.ids(), row.subjectLast())).toList();
      past = SharedBeginnings.record(decoder, prefixes);
      TokenBatch suffix = suffix();
      frame = decoder.packedFrame(suffix, past).release(scope);
      NDArray embedded = decoder.embed(suffix.packed());
      NDArray x = decoder.blocks(0, valueLayer + 1, embedded, frame, past, null, Tap.NONE);
      hidden = scope.release(x);
      past.drop(0, valueLayer + 1);
      NDArray top = top(x);
      answers = answers(top);
      if (rows.stream().anyMatch(ValueRow::isProtected)) {
        NDArray logits = decoder.logits(labelled(top, true));
        before = scope.release(kernels.one("log_probabilities", logits));
      }
    }
  }

  /** What the unedited model says next at the first label of every row. */
  private long[] answers(NDArray top) {
    long[] places = new long[rows.size()];
    long place = 0;
    for (boolean ofProtected : LABELS) {
      for (int r = 0; r < places.length; r++) {
        if (rows.get(r).isProtected() == ofProtected) {
          places[r] = place;
          place += rows.get(r).labels().length;
        }
      }
    }
    return decoder.logits(Tensors.rows(top, places)).argMax(-1).toLongArray();
  }

  /** Shows every row and what the unedited model says next at its first label. */
  void eachAnswer(ObjLongConsumer<ValueRow> consumer) {
    for (int r = 0; r < answers.length; r++) {
      consumer.accept(rows.get(r), answers[r]);
    }
  }

  /**
   * Changes weights and drops rows.
   *
   * @param change gives each row as it is to be, or null to drop it; called with the answer of the
   *     unedited model
   */
  void change(BiFunction<ValueRow, Long, ValueRow> change) {
    List<ValueRow> changed = new ArrayList<>();
    for (int r = 0; r < answers.length; r++) {
      changed.add(change.apply(rows.get(r), answers[r]));
    }
    int[] picked = IntStream.range(0, answers.length).filter(r -> changed.get(r) != null).toArray();
    boolean fewer = picked.length < answers.length;
    rows = fewer ? rows : changed;
    if (fewer) {
      keep(picked);
      rows = Arrays.stream(picked).mapToObj(changed::get).toList();
    }
  }

  private TokenBatch suffix() {
    int[] starts = rows.stream().mapToInt(ValueRow::subjectLast).toArray();
    List<int[]> suffixes =
        rows.stream()
            .map(row -> Arrays.copyOfRange(row.ids(), row.subjectLast(), row.ids().length))
            .toList();
    return TokenBatch.after(starts, suffixes);
  }

  /**
   * The residual stream behind the last block at all labels: those of targets, then those of
   * protected rows, [labels, d].
   */
  private NDArray top(NDArray x) {
    long[] places =
        LongStream.concat(LongStream.of(positions(LABELS[0])), LongStream.of(positions(LABELS[1])))
            .toArray();
    int last = decoder.architecture().layers() - 1;
    if (valueLayer == last) {
      return Rows.pickFlat(x, places);
    }
    NDArray below = decoder.blocks(valueLayer + 1, last, x, frame, past, null, Tap.NONE);
    NDArray index = Tensors.owned(decoder.manager().create(places));
    return decoder.blockAt(last, below, frame, past, index).squeeze(0);
  }

  /** The part of {@link #top} that belongs to protected rows, or to the others. */
  private NDArray labelled(NDArray top, boolean ofProtected) {
    long targets = positions(LABELS[0]).length;
    long all = top.getShape().get(0);
    LongStream part = ofProtected ? LongStream.range(targets, all) : LongStream.range(0, targets);
    return Tensors.rows(top, part.toArray());
  }

  /** Where the subject's last token of each row is among the states. */
  private long[] starts() {
    return suffix().starts();
  }

  /** Where the labels of protected rows are among the states, or those of the others. */
  private long[] positions(boolean ofProtected) {
    long[] starts = starts();
    List<Long> flat = new ArrayList<>();
    for (int r = 0; r < rows.size(); r++) {
      ValueRow row = rows.get(r);
      if (row.isProtected() == ofProtected) {
        for (int label : row.labels()) {
          flat.add(starts[r] + label - row.subjectLast());
        }
      }
    }
    return flat.stream().mapToLong(Long::longValue).toArray();
  }

  /** Copies h₀ of every bare prompt of a fact: the value layer's output at subject-last. */
  void collectStarts(StartConsumer consumer) {
    try (Scope scope = new Scope()) {
      NDArray first = Rows.pickFlat(hidden, starts());
      for (int r = 0; r < rows.size(); r++) {
        ValueRow row = rows.get(r);
        if (row.isBareFact()) {
          consumer.accept(
              row.group(), row.fact(), first.get(r).toType(DataType.FLOAT32, false).toFloatArray());
        }
      }
    }
  }

  /** Receives h₀ of a fact. */
  interface StartConsumer {
    void accept(int group, int fact, float[] start);
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  /**
   * Computes this batch's part of every group's loss; the gradient of its sum is added to δ's.
   *
   * @param delta δ of all groups, [g, d] float64, requires a gradient
   * @param sum receives the loss's sum for the caller's backward pass
   * @return loss of every group, [g]
   */
  double[] losses(NDArray delta, Consumer<NDArray> sum) {
    try (Scope scope = new Scope()) {
      NDManager manager = decoder.manager();
      long[] groups = rows.stream().mapToLong(ValueRow::group).toArray();
      NDArray places = manager.create(starts());
      NDArray x = kernels.one("inject", hidden, delta, manager.create(groups), places);
      NDArray top = top(x);
      List<NDArray> terms = new ArrayList<>();
      List<Long> groupOfTerm = new ArrayList<>();
      addTargets(top, terms, groupOfTerm);
      addProtected(top, terms, groupOfTerm);
      NDArray all = terms.size() == 1 ? terms.get(0) : terms.get(0).concat(terms.get(1), 0);
      sum.accept(all.sum());
      NDArray index = manager.create(groupOfTerm.stream().mapToLong(Long::longValue).toArray());
      NDArray like = manager.zeros(new Shape(delta.getShape().get(0)), DataType.FLOAT64);
      return kernels.one("per_group", like, index, all.stopGradient()).toDoubleArray();
    }
  }

  private void addTargets(NDArray top, List<NDArray> terms, List<Long> groups) {
    List<ValueRow> targeted = rows.stream().filter(row -> !row.isProtected()).toList();
    if (targeted.isEmpty()) {
      return;
    }
    NDManager manager = decoder.manager();
    long[] targets =
        targeted.stream()
            .flatMapToInt(row -> Arrays.stream(row.targets()))
            .asLongStream()
            .toArray();
    NDArray logits = decoder.logits(labelled(top, false));
    terms.add(
        kernels.one("target_loss", logits, manager.create(targets), weights(targeted, groups)));
  }

  private void addProtected(NDArray top, List<NDArray> terms, List<Long> groups) {
    List<ValueRow> kept = rows.stream().filter(ValueRow::isProtected).toList();
    divergence = 0;
    if (kept.isEmpty()) {
      return;
    }
    NDArray logits = decoder.logits(labelled(top, true));
    NDArray weighted = kernels.one("divergence", logits, before, weights(kept, groups));
    terms.add(weighted);
    divergence = Arrays.stream(weighted.stopGradient().toDoubleArray()).sum();
  }

  /** Weighted KL divergence of the protected rows at the last step, summed; nats. */
  double divergence() {
    return divergence;
  }

  private NDArray weights(List<ValueRow> of, List<Long> groups) {
    List<Double> weights = new ArrayList<>();
    for (ValueRow row : of) {
      for (int i = 0; i < row.labels().length; i++) {
        weights.add(row.weight());
        groups.add((long) row.group());
      }
    }
    return decoder.manager().create(weights.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** Drops the rows of finished groups once they are a good part of the batch. */
  void compact(boolean[] active) {
    int[] picked =
        IntStream.range(0, rows.size()).filter(r -> active[rows.get(r).group()]).toArray();
    if (picked.length == 0 || picked.length <= COMPACT_BELOW * rows.size()) {
      keep(picked);
    }
  }

  private void keep(int[] picked) {
    if (picked.length == 0) {
      close();
      rows = List.of();
      answers = new long[0];
      return;
    }
    try (Scope scope = new Scope()) {
      long[] index = Arrays.stream(picked).asLongStream().toArray();
      KeyValueCache fewer = past.rows(decoder.manager().create(index), picked);
      NDArray less = scope.release(Rows.pickFlat(hidden, tokens(picked)).expandDims(0));
      NDArray lessBefore = before == null ? null : keptBefore(picked, scope);
      List<ValueRow> remaining = Arrays.stream(picked).mapToObj(rows::get).toList();
      answers = Arrays.stream(picked).mapToLong(r -> answers[r]).toArray();
      close();
      past = fewer;
      hidden = less;
      before = lessBefore;
      rows = remaining;
      frame = decoder.packedFrame(suffix(), past).release(scope);
    }
  }

  /** Where all tokens of some rows are among the states. */
  private long[] tokens(int[] picked) {
    long[] starts = starts();
    return Arrays.stream(picked)
        .boxed()
        .flatMapToLong(r -> LongStream.range(starts[r], starts[r] + rows.get(r).suffix()))
        .toArray();
  }

  private NDArray keptBefore(int[] picked, Scope scope) {
    int[] rankOfRow = new int[rows.size()];
    int rank = 0;
    for (int r = 0; r < rows.size(); r++) {
      rankOfRow[r] = rows.get(r).isProtected() ? rank++ : -1;
    }
    long[] index =
        Arrays.stream(picked).map(r -> rankOfRow[r]).filter(r -> r >= 0).asLongStream().toArray();
    return index.length == 0 ? null : scope.release(Tensors.rows(before, index));
  }

  @Override
  public void close() {
    if (hidden != null) {
      hidden.close();
      hidden = null;
      frame.close();
    }
    if (before != null) {
      before.close();
      before = null;
    }
    past.close();
  }
}
