package dev.errata.worker;

import dev.errata.worker.meters.WorkerMeters;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Whether what is measured can be scraped. */
final class MetricsOption {
  @Option(
      names = "--metrics-port",
      paramLabel = "PORT",
      description =
          "Answers scrapes of Prometheus at this port, /metrics; without it none is open.")
  private Integer port;

  /** Opens the port, when one is asked for; the caller closes it. */
  Optional<WorkerMeters> open() {
    return Optional.ofNullable(port).map(WorkerMeters::open);
  }
}
