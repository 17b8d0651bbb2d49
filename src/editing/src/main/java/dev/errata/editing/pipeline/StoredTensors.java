package dev.errata.editing.pipeline;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter.NewTensor;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.editing.method.memit.SubjectGroup;
import dev.errata.editing.method.memit.ValueSet;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.model.Part;
import dev.errata.editing.model.WeightPlace;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Values and edited weights as tensors of a {@link Workspace}, bit for bit. */
final class StoredTensors {
  private static final String DELTA = "delta.";
  private static final String START = "start.";

  private StoredTensors() {}

  /** δ [d] of every group and h₀ [facts, d] of every fact of it, float32. */
  static Map<String, NewTensor> ofValues(ValueSet values) {
    Map<String, NewTensor> tensors = new LinkedHashMap<>();
    for (int g = 0; g < values.groups().size(); g++) {
      float[] delta = values.deltas().get(g);
      List<float[]> starts = values.starts().get(g);
      tensors.put(DELTA + g, floats(List.of(delta), List.of((long) delta.length)));
      List<Long> shape = List.of((long) starts.size(), (long) delta.length);
      tensors.put(START + g, floats(starts, shape));
    }
    return tensors;
  }

  /** The values that {@link #ofValues} wrote. */
  static ValueSet values(
      Checkpoint stored, List<SubjectGroup> groups, double[] losses, int[] steps) {
    List<float[]> deltas = new ArrayList<>();
    List<List<float[]>> starts = new ArrayList<>();
    for (int g = 0; g < groups.size(); g++) {
      float[] delta = rows(stored.data(DELTA + g), 1).get(0);
      deltas.add(delta);
      starts.add(rows(stored.data(START + g), groups.get(g).facts().size()));
    }
    return new ValueSet(groups, deltas, starts, losses, steps);
  }

  private static NewTensor floats(List<float[]> rows, List<Long> shape) {
    int bytes = rows.stream().mapToInt(row -> row.length * Float.BYTES).sum();
    ByteBuffer data = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (float[] row : rows) {
      for (float value : row) {
        data.putFloat(value);
      }
    }
    return new NewTensor(Dtype.F32, shape, data.flip());
  }

  private static List<float[]> rows(ByteBuffer data, int count) {
    int width = data.remaining() / Float.BYTES / count;
    List<float[]> rows = new ArrayList<>();
    for (int r = 0; r < count; r++) {
      float[] row = new float[width];
      data.slice(r * width * Float.BYTES, width * Float.BYTES)
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .get(row);
      rows.add(row);
    }
    return rows;
  }

  /** The replaced weights of a decoder, wide enough for every type of a checkpoint. */
  static Map<String, NewTensor> ofWeights(Decoder decoder) {
    Map<String, NewTensor> tensors = new LinkedHashMap<>();
    for (WeightPlace place : decoder.replaced()) {
      try (Scope scope = new Scope()) {
        NDArray weight = decoder.weight(place);
        List<Long> shape = List.of(weight.getShape().get(0), weight.getShape().get(1));
        ByteBuffer data = Tensors.bytes(Tensors.convert(weight, DataType.FLOAT64));
        String name = place.part() + "." + place.layer() + "." + place.expert();
        tensors.put(name, new NewTensor(Dtype.F64, shape, data));
      }
    }
    return tensors;
  }

  /** Puts weights of {@link #ofWeights} into a decoder, and the checkpoint's for all others. */
  static void putWeights(Checkpoint stored, Decoder decoder) {
    decoder.restore();
    for (String name : stored.tensorNames()) {
      try (Scope scope = new Scope()) {
        List<Long> shape = stored.tensor(name).shape();
        NDArray weight =
            Tensors.of(
                decoder.manager(),
                stored.data(name),
                new Shape(shape.get(0), shape.get(1)),
                DataType.FLOAT64);
        String[] place = name.split("\\.", -1);
        decoder.replace(
            new WeightPlace(
                Part.valueOf(place[0]), Integer.parseInt(place[1]), Integer.parseInt(place[2])),
            weight.duplicate());
      }
    }
  }
}
