package dev.errata.editing.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * TorchScript methods compiled from a source text among the resources, with constants.
 *
 * <p>Methods take tensors and lists of tensors and return a tensor or a list of tensors. Gradients
 * flow through a call when an argument requires one. Results register with the open {@link Scope}.
 *
 * <p>Not safe for use by several threads at once: DJL names the arguments by mutating them.
 */
public final class Kernels implements AutoCloseable {
  private final PtSymbolBlock block;
  private final NDManager manager;
  private final NDArray method;

  private Kernels(PtSymbolBlock block, NDManager manager) {
    this.block = block;
    this.manager = manager;
    this.method = manager.create(0f);
  }

  /**
   * Compiles the methods of a resource.
   *
   * @param parent the manager that owns the module
   * @param owner the class whose package holds the resource
   * @param resource name of the source text: method definitions in the TorchScript dialect,
   *     indented by two blanks
   * @param attributes constants (Boolean, Integer, Long, Double) that the methods read from self
   */
  public static Kernels load(
      NDManager parent, Class<?> owner, String resource, Map<String, Object> attributes) {
    String source;
    try (InputStream in = owner.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + resource + " beside " + owner);
      }
      source = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] archive = TorchScriptArchive.write(source, attributes);
    NDManager manager = parent.newSubManager();
    try {
      PtSymbolBlock block =
          JniUtils.loadModule(
              (PtNDManager) manager, new ByteArrayInputStream(archive), false, false);
      return new Kernels(block, manager);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Calls a method.
   *
   * @param name the method's name
   * @param arguments an {@link NDArray} or a {@code List<NDArray>} (not empty) for each parameter
   */
  public NDList call(String name, Object... arguments) {
    // The profiling executor specialises on shapes and gives other roundings in later calls; the
    // setting is one of the calling thread.
    JniUtils.setGraphExecutorOptimize(false);
    NDList inputs = new NDList();
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i] instanceof NDArray array) {
        array.setName(null);
        inputs.add(array);
      } else if (arguments[i] instanceof List<?> list) {
        for (Object element : list) {
          NDArray array = (NDArray) element;
          array.setName("list" + i + "[]");
          inputs.add(array);
        }
      } else {
        throw new IllegalArgumentException("argument " + i + " of " + name + " is no tensor");
      }
    }
    method.setName("module_method:" + name);
    inputs.add(method);
    // "Training" only means that DJL sets no guard against gradients.
    return IValueUtils.forward(block, inputs, true);
  }

  /** Calls a method that returns one tensor. */
  public NDArray one(String name, Object... arguments) {
    return call(name, arguments).singletonOrThrow();
  }

  @Override
  public void close() {
    manager.close();
  }
}
