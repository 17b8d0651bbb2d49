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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The weights of a decoder: mapped from the checkpoint, converted to the compute type at first use,
 * always as [out, in].
 */
final class Weights implements AutoCloseable {
  private record Key(Part part, int layer) {}

  private final Checkpoint checkpoint;
  private final Architecture architecture;
  private final Map<Part, Slot> slots;
  private final String prefix;
  private final Compute compute;
  private final NDManager manager;
  private final Map<Key, NDArray> loaded = new HashMap<>();
  // Tensors may alias the mapped file: it must not be unmapped while they live.
  private final Map<Key, ByteBuffer> mapped = new HashMap<>();
  private final NDArray absent;

  Weights(
      Checkpoint checkpoint,
      Family family,
      Architecture architecture,
      Compute compute,
      NDManager manager) {
    this.checkpoint = checkpoint;
    this.architecture = architecture;
    this.slots = family.slots(architecture);
    this.compute = compute;
    this.manager = manager;
    this.prefix = prefixOf(family);
    requireShapes();
    try (Scope scope = new Scope()) {
      absent = scope.release(Tensors.convert(manager.create(new Shape(0)), compute.type()));
    }
  }

  private String prefixOf(Family family) {
    String embedding = slots.get(Part.EMBEDDING).template();
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
          int count = part.perLayer() ? architecture.layers() : 1;
          for (int layer = 0; layer < count; layer++) {
            wanted.put(prefix + slot.name(layer), stored(part, slot));
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

  private long[] stored(Part part, Slot slot) {
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
      case FINAL_NORM,
          FINAL_NORM_BIAS,
          ATTENTION_NORM,
          ATTENTION_NORM_BIAS,
          OUTPUT_BIAS,
          ATTENTION_POST_NORM,
          FEED_FORWARD_NORM,
          FEED_FORWARD_NORM_BIAS,
          DOWN_BIAS,
          FEED_FORWARD_POST_NORM ->
          new long[] {d};
    };
  }

  NDArray get(Part part) {
    return get(part, 0);
  }

  /** A weight in the compute type; an empty tensor when the family has no such part. */
  NDArray get(Part part, int layer) {
    Slot slot = slots.get(part);
    if (slot == null) {
      return absent;
    }
    return loaded.computeIfAbsent(new Key(part, layer), key -> load(key, slot));
  }

  private NDArray load(Key key, Slot slot) {
    try (Scope scope = new Scope()) {
      NDArray array = storedTensor(key, slot);
      if (slot.transposed()) {
        array = array.transpose();
      }
      if (slot.fused()) {
        array = array.get(slot.from() + ":" + slot.to());
      }
      if (slot.transposed()) {
        // Contiguous rows: products with a transposed view cost more at every use.
        array = Tensors.contiguous(array);
      }
      if (type(info(key.part(), key.layer()).dtype()) != compute.type()) {
        array = Tensors.convert(array, compute.type());
      }
      return scope.release(array.toDevice(compute.device(), false));
    }
  }

  private NDArray storedTensor(Key key, Slot slot) {
    String name = prefix + slot.name(key.layer());
    TensorInfo info = checkpoint.tensor(name);
    ByteBuffer data = checkpoint.data(name);
    mapped.put(key, data);
    return Tensors.of(manager, data, new Shape(info.dimensions()), type(info.dtype()));
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
  void replace(Part part, int layer, NDArray weight) {
    NDArray old = get(part, layer);
    if (!old.getShape().equals(weight.getShape())) {
      throw new IllegalArgumentException(
          part + " has shape " + old.getShape() + ", not " + weight.getShape());
    }
    try (Scope scope = new Scope()) {
      NDArray copy = scope.release(Tensors.convert(weight, compute.type()));
      copy.attach(manager);
      loaded.put(new Key(part, layer), copy);
    }
    old.close();
  }

  /** The tensor that holds a part. */
  TensorInfo info(Part part, int layer) {
    return checkpoint.tensor(prefix + slots.get(part).name(layer));
  }

  /** The value that a weight takes when it is written in the checkpoint's type. */
  NDArray rounded(Part part, int layer, NDArray weight) {
    DataType stored = type(info(part, layer).dtype());
    return Tensors.convert(Tensors.convert(weight, stored), compute.type());
  }

  /** Bytes of a part as its checkpoint stores them: type, order of axes, little endian. */
  ByteBuffer bytes(Part part, int layer) {
    Slot slot = slots.get(part);
    if (slot.fused()) {
      throw new IllegalStateException(part + " lies in a fused tensor and cannot be written alone");
    }
    try (Scope scope = new Scope()) {
      NDArray array = Tensors.convert(get(part, layer), type(info(part, layer).dtype()));
      return Tensors.bytes(slot.transposed() ? array.transpose() : array);
    }
  }

  /** The parts that the family has. */
  Set<Part> parts() {
    return Collections.unmodifiableSet(slots.keySet());
  }

  /** Copies of all weights as a checkpoint stores them: names, order of axes, fused tensors. */
  Map<String, CheckpointWriter.NewTensor> tensors(Dtype dtype) {
    Map<String, CheckpointWriter.NewTensor> tensors = new TreeMap<>();
    slots.forEach(
        (part, slot) -> {
          List<Long> shape = Arrays.stream(stored(part, slot)).boxed().toList();
          int count = part.perLayer() ? architecture.layers() : 1;
          for (int layer = 0; layer < count && slot.from() == 0; layer++) {
            tensors.put(
                prefix + slot.name(layer),
                new CheckpointWriter.NewTensor(dtype, shape, storedBytes(slot, layer, dtype)));
          }
        });
    return tensors;
  }

  private ByteBuffer storedBytes(Slot slot, int layer, Dtype dtype) {
    try (Scope scope = new Scope()) {
      NDList pieces = new NDList();
      slots.entrySet().stream()
          .filter(other -> other.getValue().template().equals(slot.template()))
          .sorted(Comparator.comparingInt(other -> other.getValue().from()))
          .forEach(other -> pieces.add(get(other.getKey(), layer).stopGradient()));
      NDArray whole = pieces.size() == 1 ? pieces.get(0) : NDArrays.concat(pieces);
      whole = Tensors.convert(whole, type(dtype));
      return Tensors.bytes(slot.transposed() ? whole.transpose() : whole);
    }
  }

  @Override
  public void close() {
    loaded.values().forEach(NDArray::close);
    loaded.clear();
    mapped.clear();
    absent.close();
  }
}
