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
import java.util.ArrayList;
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
    requireShapes();
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

  /**
   * All tensors that the architecture needs are there with the right shape: all problems at once.
   */
  private void requireShapes() {
    List<String> problems = new ArrayList<>();
    Map<String, long[]> wanted = new TreeMap<>();
    slots.forEach(
        (part, slot) -> {
          for (WeightPlace key : places(part)) {
            wanted.put(name(slot, key), stored(part, slot));
          }
        });
    wanted.forEach(
        (name, shape) -> {
          if (!checkpoint.has(name)) {
            problems.add("tensor '" + name + "' is missing");
          } else if (!Arrays.equals(checkpoint.tensor(name).dimensions(), shape)) {
            problems.add(
                "tensor '"
                    + name
                    + "' has shape "
                    + checkpoint.tensor(name).shape()
                    + " but config.json makes it "
                    + Arrays.toString(shape));
          } else if (!checkpoint.tensor(name).dtype().isFloating()) {
            problems.add("tensor '" + name + "' is " + checkpoint.tensor(name).dtype());
          }
        });
    if (!problems.isEmpty()) {
      int shown = Math.min(problems.size(), 10);
      String more = problems.size() > shown ? "; and " + (problems.size() - shown) + " more" : "";
      throw new InputException(
          checkpoint.directory()
              + ": the weights do not fit config.json (model_type "
              + architecture.family()
              + "): "
              + String.join("; ", problems.subList(0, shown))
              + more);
    }
  }

  /** Every tensor of a part: one for the model, for each layer that has it or for each expert. */
  private List<WeightPlace> places(Part part) {
    List<WeightPlace> places = new ArrayList<>();
    int layers = part.perLayer() ? architecture.layers() : 1;
    for (int layer = 0; layer < layers; layer++) {
      if (part.in(architecture, layer)) {
        int experts = part.perExpert() ? architecture.feedForward().mixture().experts() : 1;
        for (int expert = 0; expert < experts; expert++) {
          places.add(new WeightPlace(part, layer, expert));
        }
      }
    }
    return places;
  }

  private String name(Slot slot, WeightPlace key) {
    return prefix + slot.name(key.layer(), key.expert());
  }

  private long[] stored(Part part, Slot slot) {
    long[] shape = storedOfOne(part, slot);
    if (!slot.packed()) {
      return shape;
    }
    long[] packed = new long[shape.length + 1];
    packed[0] = architecture.feedForward().mixture().experts();
    System.arraycopy(shape, 0, packed, 1, shape.length);
    return packed;
  }

  /** The stored shape, for a packed tensor that of one expert. */
  private long[] storedOfOne(Part part, Slot slot) {
    long[] shape = shape(part);
    if (slot.fused()) {
      long rows = 0;
      for (Map.Entry<Part, Slot> other : slots.entrySet()) {
        if (other.getValue().template().equals(slot.template())) {
          rows = Math.max(rows, other.getValue().to());
        }
      }
      shape[0] = rows;
    }
    return slot.transposed() ? new long[] {shape[1], shape[0]} : shape;
  }

  /** The shape of a part as the architecture makes it, [out, in] or [n]. */
  private long[] shape(Part part) {
    Architecture.Attention attention = architecture.attention();
    long d = architecture.hidden();
    long f = architecture.feedForward().inner();
    long queries = (long) attention.heads() * attention.headDim();
    long keys = (long) attention.keyValueHeads() * attention.headDim();
    boolean perHead = attention.queryKeyNorm() == Architecture.QueryKeyNorm.HEAD;
    Architecture.Mixture mixture = architecture.feedForward().mixture();
    long experts = mixture == null ? 0 : mixture.experts();
    long expertInner = mixture == null ? 0 : mixture.inner();
    long sharedInner = mixture == null ? 0 : mixture.sharedInner();
    return switch (part) {
      case EMBEDDING, UNEMBEDDING -> new long[] {architecture.vocabulary(), d};
      case POSITIONS -> new long[] {architecture.positions(), d};
      case QUERY -> new long[] {queries, d};
      case QUERY_BIAS -> new long[] {queries};
      case KEY, VALUE -> new long[] {keys, d};
      case KEY_BIAS, VALUE_BIAS -> new long[] {keys};
      case OUTPUT -> new long[] {d, queries};
      case QUERY_NORM -> new long[] {perHead ? attention.headDim() : queries};
      case KEY_NORM -> new long[] {perHead ? attention.headDim() : keys};
      case GATE, UP -> new long[] {f, d};
      case GATE_BIAS, UP_BIAS -> new long[] {f};
      case DOWN -> new long[] {d, f};
      case ROUTER -> new long[] {experts, d};
      case ROUTER_BIAS -> new long[] {experts};
      case EXPERT_GATE, EXPERT_UP -> new long[] {expertInner, d};
      case EXPERT_GATE_BIAS, EXPERT_UP_BIAS -> new long[] {expertInner};
      case EXPERT_DOWN -> new long[] {d, expertInner};
      case SHARED_GATE, SHARED_UP -> new long[] {sharedInner, d};
      case SHARED_DOWN -> new long[] {d, sharedInner};
      case SHARED_OPENING -> new long[] {1, d};
      case FINAL_NORM,
          FINAL_NORM_BIAS,
          ATTENTION_NORM,
          ATTENTION_NORM_BIAS,
          OUTPUT_BIAS,
          ATTENTION_POST_NORM,
          FEED_FORWARD_NORM,
          FEED_FORWARD_NORM_BIAS,
          DOWN_BIAS,
          EXPERT_DOWN_BIAS,
          FEED_FORWARD_POST_NORM ->
          new long[] {d};
    };
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
      NDArray array = storedTensor(key, slot);
      if (slot.transposed()) {
        array = array.transpose();
      }
      if (slot.fused()) {
        array = array.get(slot.from() + ":" + slot.to() + ":" + slot.step());
      }
      if (slot.transposed() || slot.step() > 1) {
        // Contiguous rows: products with a transposed view cost more at every use.
        array = Tensors.contiguous(array);
      }
      if (type(info(key).dtype()) != compute.type()) {
        array = Tensors.convert(array, compute.type());
      }
      return scope.release(array.toDevice(compute.device(), false));
    }
  }

  private NDArray storedTensor(WeightPlace key, Slot slot) {
    TensorInfo info = checkpoint.tensor(name(slot, key));
    ByteBuffer data = storedData(key, slot);
    mapped.put(key, data);
    Shape shape = new Shape(storedOfOne(key.part(), slot));
    return Tensors.of(manager, data, shape, type(info.dtype()));
  }

  /** The bytes in the checkpoint, for a packed tensor those of one expert. */
  private ByteBuffer storedData(WeightPlace key, Slot slot) {
    String name = name(slot, key);
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
    return checkpoint.tensor(name(slots.get(place.part()), place));
  }

  /** The value that a weight takes when it is written in the checkpoint's type. */
  NDArray rounded(WeightPlace place, NDArray weight) {
    DataType stored = type(info(place).dtype());
    return Tensors.convert(Tensors.convert(weight, stored), compute.type());
  }

  /** The names of the tensors that hold a replaced weight. */
  Set<String> replacedTensors() {
    Set<String> names = new TreeSet<>();
    replaced.forEach(key -> names.add(name(slots.get(key.part()), key)));
    return names;
  }

  /**
   * Bytes of a tensor that holds a replaced weight, as its checkpoint stores it: type, order of
   * axes, little endian. What was not replaced in it keeps its bytes.
   */
  ByteBuffer bytes(String tensor) {
    WeightPlace key =
        replaced.stream()
            .filter(candidate -> name(slots.get(candidate.part()), candidate).equals(tensor))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException(tensor + " was not replaced"));
    Slot slot = slots.get(key.part());
    if (slot.fused()) {
      throw new IllegalStateException(tensor + " is fused and cannot be written alone");
    }
    TensorInfo info = checkpoint.tensor(tensor);
    if (!slot.packed()) {
      return bytes(key, slot, info.dtype());
    }
    if (info.bytes() > Integer.MAX_VALUE) {
      throw new InputException(
          tensor + " takes " + info.bytes() + " bytes; at most 2 GiB can be written");
    }
    ByteBuffer all = ByteBuffer.allocateDirect((int) info.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (WeightPlace each : places(key.part())) {
      if (each.layer() == key.layer()) {
        all.put(replaced.contains(each) ? bytes(each, slot, info.dtype()) : storedData(each, slot));
      }
    }
    return all.flip();
  }

  private ByteBuffer bytes(WeightPlace key, Slot slot, Dtype dtype) {
    try (Scope scope = new Scope()) {
      NDArray array = Tensors.convert(get(key.part(), key.layer(), key.expert()), type(dtype));
      return Tensors.bytes(slot.transposed() ? array.transpose() : array);
    }
  }

  /** All weights. */
  List<WeightPlace> places() {
    return slots.keySet().stream().flatMap(part -> places(part).stream()).toList();
  }

  /** Copies of all weights as a checkpoint stores them: names, order of axes, fused tensors. */
  Map<String, CheckpointWriter.NewTensor> tensors(Dtype dtype) {
    Map<String, CheckpointWriter.NewTensor> tensors = new TreeMap<>();
    slots.forEach(
        (part, slot) -> {
          List<Long> shape = Arrays.stream(stored(part, slot)).boxed().toList();
          for (WeightPlace key : places(part)) {
            if (slot.from() == 0 && !(slot.packed() && key.expert() > 0)) {
              tensors.put(
                  name(slot, key),
                  new CheckpointWriter.NewTensor(dtype, shape, storedBytes(slot, key, dtype)));
            }
          }
        });
    return tensors;
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
    NDArray whole = pieces.get(0);
    if (slot.step() > 1) {
      // Rows of the parts in turns.
      NDArray turns = NDArrays.stack(pieces, 1);
      whole =
          turns.getShape().dimension() == 2
              ? turns.flatten()
              : turns.reshape(-1, turns.getShape().get(2));
    } else if (pieces.size() > 1) {
      whole = NDArrays.concat(pieces);
    }
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
