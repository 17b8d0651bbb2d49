package dev.errata.worker;

import dev.errata.editing.torch.Compute;
import picocli.CommandLine.Option;

/** Where and in which type a model runs. */
final class ComputeOptions {
  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description = "cpu, cuda or cuda:N (default: ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "float32",
      description = "float32, bfloat16 or float64 (default: ${DEFAULT-VALUE}).")
  private String type;

  Compute compute() {
    return Compute.parse(device, type);
  }
}
