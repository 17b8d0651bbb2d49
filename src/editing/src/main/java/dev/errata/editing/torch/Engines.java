package dev.errata.editing.torch;

import ai.djl.engine.Engine;
import ai.djl.util.cuda.CudaUtils;

/** What computes here. */
public final class Engines {
  private Engines() {}

  /**
   * The engine.
   *
   * @param name its name, such as {@code PyTorch}
   * @param version its version
   * @param gpus devices that it can use
   * @param cuda version of the CUDA runtime, or null when there is none
   */
  public record Description(String name, String version, int gpus, String cuda) {}

  /**
   * Loads the native library.
   *
   * @throws RuntimeException of DJL, or an {@link Error} of the linker, when it cannot be loaded
   */
  public static Description describe() {
    Engine engine = Engine.getEngine("PyTorch");
    int gpus = engine.getGpuCount();
    String cuda = gpus > 0 ? CudaUtils.getCudaVersionString() : null;
    return new Description(engine.getEngineName(), engine.getVersion(), gpus, cuda);
  }
}
