package dev.errata.lab.upcycle;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.InputException;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.CheckpointWriter.NewTensor;
import dev.errata.editing.checkpoint.Dtype;
import dev.errata.editing.checkpoint.TensorInfo;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Sparse upcycling (Komatsuzaki et al. 2023, arXiv 2212.05055): makes a mixture of experts of a
 * dense checkpoint. Every expert is the feed-forward block with a small perturbation, the router is
 * random and the gates of the picked experts sum to 1, so that the mixture answers nearly as its
 * source does. The result has Mixtral's layout, in the type of its source.
 *
 * @param experts experts of a layer
 * @param perToken how many a token takes
 * @param noise standard deviation of what is added to an expert's weights, as a multiple of their
 *     root mean square
 * @param seed of noise and routers
 */
public record Upcycling(int experts, int perToken, double noise, long seed) {
  private static final List<String> SOURCES = List.of("llama", "mistral");
  private static final Pattern FEED_FORWARD =
      Pattern.compile("(model\\.layers\\.\\d+\\.)mlp\\.(gate|up|down)_proj\\.weight");
  private static final Map<String, String> NAMES = Map.of("gate", "w1", "up", "w3", "down", "w2");

  /**
   * Checks.
   *
   * @throws InputException with all problems
   */
  public Upcycling {
    if (experts < 2 || perToken < 1 || perToken > experts || !(noise >= 0) || noise > 1) {
      throw new InputException(
          "--experts %d, --per-token %d, --noise %s: give at least 2 experts, from 1 to as many a token, and noise from 0 to 1"
              .formatted(experts, perToken, noise));
    }
  }

  /**
   * Writes the mixture.
   *
   * @param source a dense checkpoint of a family with Llama's names
   * @param target folder to make; must not exist
   */
  public void write(Path source, Path target) {
    if (Files.exists(target)) {
      throw new InputException(target + ": exists already; choose a new folder");
    }
    try (Checkpoint checkpoint = Checkpoint.open(source);
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      ObjectNode config = config(checkpoint);
      Map<String, NewTensor> tensors = new LinkedHashMap<>();
      for (String name : checkpoint.tensorNames()) {
        Matcher block = FEED_FORWARD.matcher(name);
        if (!block.matches()) {
          TensorInfo info = checkpoint.tensor(name);
          tensors.put(name, new NewTensor(info.dtype(), info.shape(), checkpoint.data(name)));
          continue;
        }
        String prefix = block.group(1) + "block_sparse_moe.";
        for (int e = 0; e < experts; e++) {
          String expert = prefix + "experts." + e + "." + NAMES.get(block.group(2)) + ".weight";
          tensors.put(expert, perturbed(checkpoint, name, manager, e));
        }
        if (block.group(2).equals("gate")) {
          tensors.put(prefix + "gate.weight", router(checkpoint, name, manager));
        }
      }
      CheckpointWriter.create(
          target, config, tensors, files(source), CheckpointWriter.DEFAULT_SHARD_BYTES);
    }
  }

  private ObjectNode config(Checkpoint checkpoint) {
    ObjectNode config = checkpoint.config().deepCopy();
    String type = config.path("model_type").asText();
    if (!SOURCES.contains(type)) {
      throw new InputException(
          "%s: model_type '%s' cannot be made a Mixtral; use one of %s"
              .formatted(
                  checkpoint.directory().resolve(Checkpoint.CONFIG),
                  type,
                  String.join(", ", SOURCES)));
    }
    if (checkpoint.tensorNames().stream().noneMatch(name -> FEED_FORWARD.matcher(name).matches())) {
      throw new InputException(checkpoint.directory() + ": no feed-forward block found");
    }
    config.putArray("architectures").add("MixtralForCausalLM");
    config.put("model_type", "mixtral").put("num_local_experts", experts);
    config.put("num_experts_per_tok", perToken).put("output_router_logits", false);
    config.put("router_aux_loss_coef", 0.001).put("router_jitter_noise", 0.0);
    if (!config.has("sliding_window")) {
      config.putNull("sliding_window");
    }
    return config;
  }

  private NewTensor perturbed(Checkpoint checkpoint, String name, NDManager manager, int expert) {
    TensorInfo info = checkpoint.tensor(name);
    try (Scope scope = new Scope()) {
      Shape shape = new Shape(info.dimensions());
      NDArray weight = Tensors.of(manager, checkpoint.data(name), shape, type(info.dtype()));
      float[] values = Tensors.convert(weight, DataType.FLOAT32).toFloatArray();
      double squares = 0;
      for (float value : values) {
        squares += (double) value * value;
      }
      double scale = noise * Math.sqrt(squares / values.length);
      Random random = random(name, expert);
      for (int i = 0; i < values.length; i++) {
        values[i] += (float) (scale * random.nextGaussian());
      }
      return tensor(manager, values, shape, info);
    }
  }

  /** Scores of about the size 1 on a normed state. */
  private NewTensor router(Checkpoint checkpoint, String gate, NDManager manager) {
    TensorInfo info = checkpoint.tensor(gate);
    int hidden = Math.toIntExact(info.dimensions()[1]);
    Random random = random(gate, experts);
    float[] values = new float[experts * hidden];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() / Math.sqrt(hidden));
    }
    try (Scope scope = new Scope()) {
      return tensor(manager, values, new Shape(experts, hidden), info);
    }
  }

  /** What an expert gets does not depend on the order of the tensors in their file. */
  private Random random(String name, int expert) {
    return new Random(seed * 31 + 1_000_003L * name.hashCode() + expert);
  }

  private static NewTensor tensor(NDManager manager, float[] values, Shape shape, TensorInfo like) {
    NDArray array = manager.create(values, shape);
    return new NewTensor(
        like.dtype(),
        java.util.Arrays.stream(shape.getShape()).boxed().toList(),
        Tensors.bytes(Tensors.convert(array, type(like.dtype()))));
  }

  private static DataType type(Dtype dtype) {
    return switch (dtype) {
      case F64 -> DataType.FLOAT64;
      case F32 -> DataType.FLOAT32;
      case F16 -> DataType.FLOAT16;
      case BF16 -> DataType.BFLOAT16;
      default -> throw new InputException("weights of type " + dtype + " cannot be upcycled");
    };
  }

  /** Everything but weights, their index and the configuration: the tokenizer above all. */
  private static Map<String, byte[]> files(Path source) {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> all = Files.list(source)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        String name = file.getFileName().toString();
        if (!name.contains(".safetensors") && !name.equals(Checkpoint.CONFIG)) {
          files.put(name, Files.readAllBytes(file));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }
}
