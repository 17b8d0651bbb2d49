package dev.errata.editing.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.editing.checkpoint.TensorInfo;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The weights of a decoder: mapped from the checkpoint, converted to the compute type at first use,
 * always as [out, in].
 */
final class Weights implements AutoCloseable {
  private final Checkpoint checkpoint;
  private final Architecture architecture;
  private final Map<Part, Slot> slots;
  private final String prefix;
  private final WeightShapes shapes;
  private final Compute compute;
  private final NDManager manager;
  private final Map<WeightPlace, NDArray> loaded = new HashMap<>();
  // Tensors may alias the mapped file: it must not be unmapped while they live.
  private final Map<WeightPlace, ByteBuffer> mapped = new HashMap<>();
  private final Set<WeightPlace> replaced = new LinkedHashSet<>();
  private final NDArray absent;

  Weights(
      Checkpoint checkpoint,
      Family family,
      Architecture architecture,
      Compute compute,
      NDManager manager) {
    this.checkpoint = checkpoint;
    this.architecture = architecture;
    List<Map<Part, Slot>> layouts = family.layouts(architecture);
    this.prefix = prefixOf(family, layouts.get(0));
    this.slots = layouts.stream().filter(this::isLaidOut).findFirst().orElse(layouts.get(0));
    this.compute = compute;
    this.manager = manager;
    this.shapes = new WeightShapes(architecture, slots, prefix);
    shapes.requireFit(checkpoint);
    try (Scope scope = new Scope()) {
      absent = scope.release(Tensors.convert(manager.create(new Shape(0)), compute.type()));
    }
  }

  /** Whether the checkpoint has the edited linears under these names; dense ones never vary. */
  private boolean isLaidOut(Map<Part, Slot> layout) {
    int layer = 0;
    while (layer < architecture.layers() && !architecture.isMixture(layer)) {
      layer++;
    }
    return layer == architecture.layers()
        || checkpoint.has(prefix + layout.get(Part.EXPERT_DOWN).name(layer, 0));
  }

  private String prefixOf(Family family, Map<Part, Slot> layout) {
    String embedding = layout.get(Part.EMBEDDING).template();
    return family.prefixes().stream()
        .filter(candidate -> checkpoint.has(candidate + embedding))
        .findFirst()
        .orElse(family.prefixes().get(0));
  }

  /** An empty tensor, for a part that a layer lacks. */
  NDArray absent() {
    return absent;
  }

  NDArray get(Part part) {
    return get(part, 0);
  }

  NDArray get(Part part, int layer) {
    return get(part, layer, 0);
  }

  /** A weight in the compute type; an empty tensor when the family has no such part. */
  NDArray get(Part part, int layer, int expert) {
    Slot slot = slots.get(part);
    if (slot == null) {
      return absent;
    }
    if (!part.in(architecture, layer)) {
      throw new IllegalArgumentException("layer " + layer + " has no " + part);
    }
    return loaded.computeIfAbsent(new WeightPlace(part, layer, expert), key -> load(key, slot));
  }

  private NDArray load(WeightPlace key, Slot slot) {
    try (Scope scope = new Scope()) {
      NDArray array = slot.perHead() ? stacked(key, slot) : storedTensor(key, slot);
      if (slot.transposed()) {
        array = array.transpose();
      }
      if (slot.fused()) {
        array = RowGroups.part(array, slot);
      }
      if (slot.transposed()) {
        // Contiguous rows: products with a transposed view cost more at every use.
        array = Tensors.contiguous(array);
      }
      if (type(info(key).dtype()) != compute.type()) {
        array = Tensors.convert(array, compute.type());
      }
      return scope.release(array.toDevice(compute.device(), false));
    }
  }

  private NDArray stacked(WeightPlace key, Slot slot) {
    NDList rows = new NDList();
    for (String name : shapes.names(slot, key)) {
      TensorInfo info = checkpoint.tensor(name);
      Shape shape = new Shape(info.dimensions());
      rows.add(Tensors.of(manager, checkpoint.data(name), shape, type(info.dtype())));
    }
    return NDArrays.stack(rows);
  }

  private NDArray storedTensor(WeightPlace key, Slot slot) {
    TensorInfo info = checkpoint.tensor(shapes.name(slot, key));
    ByteBuffer data = storedData(key, slot);
    mapped.put(key, data);
    Shape shape = new Shape(shapes.storedOfOne(key.part(), slot));
    return Tensors.of(manager, data, shape, type(info.dtype()));
  }

  /** The bytes in the checkpoint, for a packed tensor those of one expert. */
  private ByteBuffer storedData(WeightPlace key, Slot slot) {
    String name = shapes.name(slot, key);
    if (!slot.packed()) {
      return checkpoint.data(name);
    }
    TensorInfo info = checkpoint.tensor(name);
    int bytes = Math.toIntExact(info.bytes() / architecture.feedForward().mixture().experts());
    return checkpoint.data(name, (long) key.expert() * bytes, bytes);
  }

  private static DataType type(Dtype dtype) {
    return switch (dtype) {
      case F64 -> DataType.FLOAT64;
      case F32 -> DataType.FLOAT32;
      case F16 -> DataType.FLOAT16;
      case BF16 -> DataType.BFLOAT16;
      default -> throw new IllegalStateException(dtype + " is no floating type");
    };
  }

  /** Replaces a weight by another of its shape; the old one is closed. */
  void replace(WeightPlace place, NDArray weight) {
    NDArray old = get(place.part(), place.layer(), place.expert());
    if (!old.getShape().equals(weight.getShape())) {
      throw new IllegalArgumentException(
          place + " has shape " + old.getShape() + ", not " + weight.getShape());
    }
    try (Scope scope = new Scope()) {
      NDArray copy = scope.release(Tensors.convert(weight, compute.type()));
      copy.attach(manager);
      loaded.put(place, copy);
      replaced.add(place);
    }
    old.close();
  }

  /** The tensor that holds a part. */
  TensorInfo info(WeightPlace place) {
    return checkpoint.tensor(shapes.names(slots.get(place.part()), place).get(0));
  }

  /** The value that a weight takes when it is written in the checkpoint's type. */
  NDArray rounded(WeightPlace place, NDArray weight) {
    DataType stored = type(info(place).dtype());
    return Tensors.convert(Tensors.convert(weight, stored), compute.type());
  }

  /** The weights that were replaced. */
  Set<WeightPlace> replaced() {
    return Set.copyOf(replaced);
  }

  /** Gives back the memory of all weights that were not replaced; they are read again when used. */
  void unload() {
    loaded
        .entrySet()
        .removeIf(
            weight -> {
              boolean unchanged = !replaced.contains(weight.getKey());
              if (unchanged) {
                weight.getValue().close();
                mapped.remove(weight.getKey());
              }
              return unchanged;
            });
  }

  /** How many weights are in memory. */
  int loaded() {
    return loaded.size();
  }

  /** Takes back every replacement. */
  void restore() {
    for (WeightPlace place : replaced) {
      loaded.remove(place).close();
    }
    replaced.clear();
  }

  /** The names of the tensors that hold a replaced weight. */
  Set<String> replacedTensors() {
    Set<String> names = new TreeSet<>();
    replaced.forEach(key -> names.add(shapes.name(slots.get(key.part()), key)));
    return names;
  }

  /**
   * Bytes of a tensor that holds a replaced weight, as its checkpoint stores it: type, order of
   * axes, little endian. What was not replaced in it keeps its bytes.
   */
  ByteBuffer bytes(String tensor) {
    WeightPlace key =
        replaced.stream()
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
        all.put(replaced.contains(each) ? bytes(each, slot, info.dtype()) : storedData(each, slot));
      }
    }
    return all.flip();
  }

  private ByteBuffer bytes(WeightPlace key, Slot slot, Dtype dtype) {
    try (Scope scope = new Scope()) {
      return Tensors.bytes(Tensors.convert(whole(slot, key.layer(), key.expert()), type(dtype)));
    }
  }

  /** All weights. */
  List<WeightPlace> places() {
    return slots.keySet().stream().flatMap(part -> shapes.places(part).stream()).toList();
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
      return Tensors.bytes(Tensors.convert(get(key.part(), key.layer()).get(head), type(dtype)));
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
      return Tensors.bytes(Tensors.convert(joined, type(dtype)));
    }
  }

  /** One expert's part of a tensor, or all of it, from the parts that lie in it. */
  private NDArray whole(Slot slot, int layer, int expert) {
    NDList pieces = new NDList();
    slots.entrySet().stream()
        .filter(other -> other.getValue().template().equals(slot.template()))
        .sorted(Comparator.comparingInt(other -> other.getValue().from()))
        .forEach(other -> pieces.add(get(other.getKey(), layer, expert).stopGradient()));
    NDArray whole = RowGroups.join(pieces, slot.groups());
    return slot.transposed() ? whole.transpose() : whole;
  }

  @Override
  public void close() {
    loaded.values().forEach(NDArray::close);
    loaded.clear();
    mapped.clear();
    absent.close();
  }
}
