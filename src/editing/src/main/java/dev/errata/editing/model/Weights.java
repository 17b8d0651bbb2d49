package dev.errata.editing.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.TensorInfo;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

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
  private final Conversion conversion;
  private final Residency residency = new Residency();
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
    this.conversion = new Conversion(checkpoint, manager, compute.type());
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
    WeightPlace key = new WeightPlace(part, layer, expert);
    NDArray weight = loaded.get(key);
    residency.used(room(key));
    if (weight == null) {
      boolean counted = isConverted(key);
      if (counted) {
        residency.roomFor(room(key), coming(key, slot)).forEach(this::unloadRoom);
      }
      weight = load(key, slot);
      loaded.put(key, weight);
      if (counted) {
        residency.added(room(key), bytes(weight));
      }
    }
    return weight;
  }

  /** Weights of no layer are kept together. */
  private static int room(WeightPlace place) {
    return place.part().perLayer() ? place.layer() : Residency.NO_LAYER;
  }

  /** Bytes that a weight takes while it is read. */
  private long coming(WeightPlace key, Slot slot) {
    int parts = slot.packed() ? architecture.feedForward().mixture().experts() : 1;
    return info(key).elements() / parts * Tensors.width(compute.type());
  }

  private static long bytes(NDArray weight) {
    return weight.size() * Tensors.width(weight.getDataType());
  }

  /** Whether a weight takes memory of its own, which is none of the file's. */
  private boolean isConverted(WeightPlace key) {
    return Conversion.type(info(key).dtype()) != compute.type()
        || Tensors.width(compute.type()) == 2;
  }

  /** Whether a weight is converted and not in memory: of an embedding some rows may do. */
  boolean isFar(Part part) {
    WeightPlace key = new WeightPlace(part, 0, 0);
    Slot slot = slots.get(part);
    return !loaded.containsKey(key)
        && isConverted(key)
        && compute.device().equals(Device.cpu())
        && !slot.transposed()
        && !slot.fused();
  }

  /**
   * Some rows of a weight, without loading all of it.
   *
   * @param rows indices
   * @return [rows, in], to the open scope
   */
  NDArray rows(Part part, int[] rows) {
    WeightPlace key = new WeightPlace(part, 0, 0);
    return conversion.rows(info(key), rows);
  }

  /** How many bytes of converted weights to keep at most; a layer in use is kept all the same. */
  void keepWithin(long bytes) {
    residency.limit(bytes).forEach(this::unloadRoom);
  }

  private void unloadRoom(int room) {
    unload(place -> room(place) == room);
  }

  private NDArray load(WeightPlace key, Slot slot) {
    try (Scope scope = new Scope()) {
      NDArray array = slot.perHead() ? stacked(key, slot) : whole(key, slot);
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
      if (array.getDataType() != compute.type()) {
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
      rows.add(Tensors.of(manager, checkpoint.data(name), shape, Conversion.type(info.dtype())));
    }
    return NDArrays.stack(rows);
  }

  private NDArray whole(WeightPlace key, Slot slot) {
    boolean read = isConverted(key) && compute.device().equals(Device.cpu());
    return read ? convertedTensor(key, slot) : storedTensor(key, slot);
  }

  private NDArray convertedTensor(WeightPlace key, Slot slot) {
    TensorInfo info = checkpoint.tensor(shapes.name(slot, key));
    Shape shape = new Shape(shapes.storedOfOne(key.part(), slot));
    long from = slot.packed() ? key.expert() * shape.size() * info.dtype().bytes() : 0;
    return conversion.read(info, from, shape);
  }

  private NDArray storedTensor(WeightPlace key, Slot slot) {
    TensorInfo info = checkpoint.tensor(shapes.name(slot, key));
    ByteBuffer data = storedData(key, slot);
    mapped.put(key, data);
    Shape shape = new Shape(shapes.storedOfOne(key.part(), slot));
    return Tensors.of(manager, data, shape, Conversion.type(info.dtype()));
  }

  /** The bytes in the checkpoint, for a packed tensor those of one expert. */
  ByteBuffer storedData(WeightPlace key, Slot slot) {
    String name = shapes.name(slot, key);
    if (!slot.packed()) {
      return checkpoint.data(name);
    }
    TensorInfo info = checkpoint.tensor(name);
    int bytes = Math.toIntExact(info.bytes() / architecture.feedForward().mixture().experts());
    return checkpoint.data(name, (long) key.expert() * bytes, bytes);
  }

  /** Replaces a weight by another of its shape; the old one is closed. */
  void replace(WeightPlace place, NDArray weight) {
    NDArray old = get(place.part(), place.layer(), place.expert());
    boolean counted = isConverted(place) && !replaced.contains(place);
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
    if (counted) {
      residency.removed(room(place), bytes(old));
    }
    old.close();
  }

  /** The tensor that holds a part. */
  TensorInfo info(WeightPlace place) {
    return checkpoint.tensor(shapes.names(slots.get(place.part()), place).get(0));
  }

  /** The value that a weight takes when it is written in the checkpoint's type. */
  NDArray rounded(WeightPlace place, NDArray weight) {
    DataType stored = Conversion.type(info(place).dtype());
    return Tensors.convert(Tensors.convert(weight, stored), compute.type());
  }

  /** The weights that were replaced. */
  Set<WeightPlace> replaced() {
    return Set.copyOf(replaced);
  }

  /** Gives back the memory of all weights that were not replaced; they are read again when used. */
  void unload() {
    unload(place -> true);
  }

  /** The same for layers {@code from} … {@code to − 1}. */
  void unload(int from, int to) {
    unload(place -> place.part().perLayer() && place.layer() >= from && place.layer() < to);
  }

  private void unload(Predicate<WeightPlace> which) {
    List<WeightPlace> dropped =
        loaded.keySet().stream()
            .filter(place -> which.test(place) && !replaced.contains(place))
            .toList();
    for (WeightPlace place : dropped) {
      NDArray weight = loaded.remove(place);
      if (isConverted(place)) {
        residency.removed(room(place), bytes(weight));
      }
      weight.close();
      mapped.remove(place);
    }
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

  /** All weights. */
  List<WeightPlace> places() {
    return slots.keySet().stream().flatMap(part -> shapes.places(part).stream()).toList();
  }

  /** How the weights are written. */
  WeightBytes bytes() {
    return new WeightBytes(this, checkpoint, architecture, slots, shapes);
  }

  @Override
  public void close() {
    loaded.values().forEach(NDArray::close);
    loaded.clear();
    mapped.clear();
    absent.close();
  }
}
