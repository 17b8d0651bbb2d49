package dev.errata.lab.pretrain;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter.NewTensor;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Frame;
import dev.errata.editing.model.Rows;
import dev.errata.editing.model.Tap;
import dev.errata.editing.model.TokenBatch;
import dev.errata.editing.model.WeightPlace;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Kernels;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A decoder whose weights learn. Not safe for use by several threads. */
final class Training implements AutoCloseable {
  /**
   * What a step came to.
   *
   * @param loss mean cross-entropy of the next tokens, in nats; 0 when it is not asked
   * @param objectsLoss mean cross-entropy of the objects at the names; 0 when it is not asked
   * @param balance the loss that keeps experts busy alike, without its factor; 0 for a dense model
   * @param gradientNorm norm of all gradients before clipping
   */
  record Losses(double loss, double objectsLoss, double balance, double gradientNorm) {}

  private final Recipe recipe;
  private final Decoder decoder;
  private final NDManager manager;
  private final Kernels kernels;
  private final int[][] objects;
  private final LoadBalance balance;
  private final Map<String, NDArray> moments = new LinkedHashMap<>();
  private final AdamW optimiser;

  /**
   * Goes on from a checkpoint.
   *
   * @param checkpoint float32 weights and, unless training begins, what {@link #state} wrote
   * @param objects the first token of every object of every person, [people][relations]
   */
  Training(Recipe recipe, Checkpoint checkpoint, int[][] objects) {
    this.recipe = recipe;
    this.objects = objects;
    this.decoder = Decoder.open(checkpoint, Compute.CPU);
    this.manager = decoder.manager().newSubManager();
    this.kernels = Kernels.load(manager, Training.class, "training.py", Map.of());
    Recipe.Experts experts = recipe.experts();
    this.balance =
        experts == null
            ? null
            : new LoadBalance(kernels, manager.create((long) experts.perToken()));
    List<AdamW.Learner> learners = new ArrayList<>();
    for (WeightPlace place : decoder.places()) {
      // A copy: the decoder's own tensor may lie in the mapped file, which cannot be written.
      decoder.replace(place, decoder.weight(place));
      NDArray weight = decoder.weight(place);
      weight.setRequiresGradient(true);
      String expert = place.part().perExpert() ? "." + place.expert() : "";
      String name = place.part() + "." + place.layer() + expert;
      learners.add(
          new AdamW.Learner(
              weight,
              moment(checkpoint, "first." + name, weight.getShape()),
              moment(checkpoint, "second." + name, weight.getShape()),
              place.layer() > recipe.names().layer() ? recipe.names().alone() : 0));
    }
    this.optimiser = new AdamW(kernels, manager, recipe.optimiser(), learners);
  }

  private NDArray moment(Checkpoint checkpoint, String name, Shape shape) {
    String tensor = "optimizer." + name;
    try (Scope scope = new Scope()) {
      NDArray moment =
          checkpoint.has(tensor)
              ? Tensors.of(manager, checkpoint.data(tensor), shape, DataType.FLOAT32).duplicate()
              : manager.zeros(shape);
      moments.put(tensor, scope.release(moment));
      return moment;
    }
  }

  /**
   * One step of the optimiser.
   *
   * @param step from 0
   * @param rows what to read
   */
  Losses step(int step, List<PackedText.Row> rows) {
    try (Scope scope = new Scope();
        GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
      TokenBatch batch = TokenBatch.of(rows.stream().map(PackedText.Row::tokens).toList());
      Frame frame = decoder.frame(batch, null);
      Recipe.Names names = recipe.names();
      NDArray middle =
          decoder.blocks(0, names.layer() + 1, decoder.embed(batch), frame, null, null, tap());
      NDArray objectsLoss = names.weight() > 0 ? objectsLoss(middle, rows) : null;
      NDArray loss =
          step < names.alone() ? manager.create(0f) : nextTokenLoss(top(middle, frame), rows);
      NDArray sum =
          objectsLoss == null
              ? loss
              : kernels.one("weighted_sum", loss, objectsLoss, manager.create(names.weight()));
      NDArray uneven = balance == null ? null : balance.loss();
      if (uneven != null) {
        NDArray factor = manager.create(recipe.experts().balance());
        sum = kernels.one("weighted_sum", sum, uneven, factor);
      }
      collector.backward(sum);
      double norm = optimiser.step(step, recipe.rate(step));
      return new Losses(
          loss.getFloat(),
          objectsLoss == null ? 0 : objectsLoss.getFloat(),
          uneven == null ? 0 : uneven.getFloat(),
          norm);
    }
  }

  private NDArray nextTokenLoss(NDArray hidden, List<PackedText.Row> rows) {
    int width = recipe.text().length() - 1;
    long[] targets = new long[rows.size() * width];
    for (int row = 0; row < rows.size(); row++) {
      for (int i = 0; i < width; i++) {
        targets[row * width + i] = rows.get(row).tokens()[i + 1];
      }
    }
    NDArray used = hidden.get(new NDIndex(":, :-1"));
    NDArray flat = used.reshape(targets.length, decoder.architecture().hidden());
    return kernels.one("next_token_loss", decoder.logits(flat), manager.create(targets));
  }

  private NDArray top(NDArray middle, Frame frame) {
    int from = recipe.names().layer() + 1;
    return decoder.blocks(from, decoder.architecture().layers(), middle, frame, null, null, tap());
  }

  private Tap tap() {
    return balance == null ? Tap.NONE : balance;
  }

  /** Null when no name is in the rows. */
  private NDArray objectsLoss(NDArray hidden, List<PackedText.Row> rows) {
    List<long[]> targets = new ArrayList<>();
    List<Long> places = new ArrayList<>();
    for (int row = 0; row < rows.size(); row++) {
      for (PackedText.Mention mention : rows.get(row).mentions()) {
        places.add((long) row * recipe.text().length() + mention.position());
        targets.add(Arrays.stream(objects[mention.person()]).asLongStream().toArray());
      }
    }
    if (places.isEmpty()) {
      return null;
    }
    NDArray names = Rows.pickFlat(hidden, places.stream().mapToLong(place -> place).toArray());
    long[] flat = targets.stream().flatMapToLong(Arrays::stream).toArray();
    NDArray wanted = manager.create(flat, new Shape(places.size(), targets.get(0).length));
    return kernels.one("objects_loss", decoder.logits(names), wanted);
  }

  /** The weights as a checkpoint stores them. */
  Map<String, NewTensor> weights(Dtype dtype) {
    return decoder.tensors(dtype);
  }

  /** All that must be kept to go on later: the weights in float32 and the optimiser's moments. */
  Map<String, NewTensor> state() {
    Map<String, NewTensor> state = new LinkedHashMap<>(weights(Dtype.F32));
    moments.forEach(
        (name, moment) ->
            state.put(
                name,
                new NewTensor(
                    Dtype.F32,
                    Arrays.stream(moment.getShape().getShape()).boxed().toList(),
                    Tensors.bytes(moment))));
    return state;
  }

  @Override
  public void close() {
    kernels.close();
    manager.close();
    decoder.close();
  }
}
