package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.editing.checkpoint.TensorInfo;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Weights as their checkpoint stores them: type, order of axes, fused and packed tensors.
 *
 * @param weights as they are now
 * @param checkpoint that they came from
 * @param slots where they lie
 * @param shapes their names and shapes
 */
record WeightBytes(
    Weights weights,
    Checkpoint checkpoint,
    Architecture architecture,
    Map<Part, Slot> slots,
    WeightShapes shapes) {

  /**
   * Bytes of a tensor that holds a replaced weight, as its checkpoint stores it: type, order of
   * axes, little endian. What was not replaced in it keeps its bytes.
   */
  ByteBuffer of(String tensor) {
    WeightPlace key =
        weights.replaced().stream()
            .filter(candidate -> shapes.name(slots.get(candidate.part()), candidate).equals(tensor))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException(tensor + " was not replaced"));
    Slot slot = slots.get(key.part());
    TensorInfo info = checkpoint.tensor(tensor);
    if (!slot.packed()) {
      return bytes(key, slot, info.dtype());
    }
    if (info.bytes() > Integer.MAX_VALUE) {
      throw new InputException(
          tensor + " takes " + info.bytes() + " bytes; at most 2 GiB can be written");
    }
    ByteBuffer all = ByteBuffer.allocateDirect((int) info.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (WeightPlace each : shapes.places(key.part())) {
      if (each.layer() == key.layer()) {
        all.put(
            weights.replaced().contains(each)
                ? bytes(each, slot, info.dtype())
                : weights.storedData(each, slot));
      }
    }
    return all.flip();
  }

  private ByteBuffer bytes(WeightPlace key, Slot slot, Dtype dtype) {
    try (Scope scope = new Scope()) {
      return Tensors.bytes(
          Tensors.convert(whole(slot, key.layer(), key.expert()), Conversion.type(dtype)));
    }
  }

  /** Copies of all weights as a checkpoint stores them: names, order of axes, fused tensors. */
  Map<String, CheckpointWriter.NewTensor> tensors(Dtype dtype) {
    Map<String, CheckpointWriter.NewTensor> tensors = new TreeMap<>();
    slots.forEach(
        (part, slot) -> {
          List<Long> shape = Arrays.stream(shapes.stored(part, slot)).boxed().toList();
          for (WeightPlace key : shapes.places(part)) {
            if (slot.from() == 0 && !(slot.packed() && key.expert() > 0)) {
              List<String> names = shapes.names(slot, key);
              for (int i = 0; i < names.size(); i++) {
                ByteBuffer bytes =
                    slot.perHead() ? headBytes(key, i, dtype) : storedBytes(slot, key, dtype);
                tensors.put(names.get(i), new CheckpointWriter.NewTensor(dtype, shape, bytes));
              }
            }
          }
        });
    return tensors;
  }

  private ByteBuffer headBytes(WeightPlace key, int head, Dtype dtype) {
    try (Scope scope = new Scope()) {
      return Tensors.bytes(
          Tensors.convert(weights.get(key.part(), key.layer()).get(head), Conversion.type(dtype)));
    }
  }

  private ByteBuffer storedBytes(Slot slot, WeightPlace key, Dtype dtype) {
    try (Scope scope = new Scope()) {
      int experts = slot.packed() ? architecture.feedForward().mixture().experts() : 1;
      NDList all = new NDList();
      for (int e = 0; e < experts; e++) {
        all.add(whole(slot, key.layer(), slot.packed() ? e : key.expert()));
      }
      NDArray joined = experts == 1 ? all.get(0) : NDArrays.stack(all);
      return Tensors.bytes(Tensors.convert(joined, Conversion.type(dtype)));
    }
  }

  /** One expert's part of a tensor, or all of it, from the parts that lie in it. */
  private NDArray whole(Slot slot, int layer, int expert) {
    NDList pieces = new NDList();
    slots.entrySet().stream()
        .filter(other -> other.getValue().template().equals(slot.template()))
        .sorted(Comparator.comparingInt(other -> other.getValue().from()))
        .forEach(other -> pieces.add(weights.get(other.getKey(), layer, expert).stopGradient()));
    NDArray whole = RowGroups.join(pieces, slot.groups());
    return slot.transposed() ? whole.transpose() : whole;
  }
}
