package dev.errata.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.resource.Stage;
import dev.errata.collector.Collector;
import dev.errata.tracing.JobTrace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker process tells its work to the collector that its environment names. */
class TraceTest {
  @TempDir private Path folder;

  @Test
  void aRunAndAPodAreTraced() throws Exception {
    Cli cli = new Cli(folder.resolve("store"));
    TinyCheckpoint.write(folder.resolve("base"));
    cli.run("import", "tiny", folder.resolve("base").toString()).exits(0);
    Path job = Manifest.job(folder);
    JobTrace trace = new JobTrace("0b5f5d6e-uid");
    try (Collector collector = new Collector()) {
      Map<String, String> pod =
          Map.of(
              "OTEL_EXPORTER_OTLP_ENDPOINT",
              collector.endpoint(),
              "TRACEPARENT",
              trace.parent(Stage.Statistics, 0));
      assertThat(
              errata(
                  pod,
                  "stage",
                  "statistics",
                  "--job",
                  job.toString(),
                  "--base",
                  "v0",
                  "--files",
                  folder.toString()))
          .isZero();
      var work = collector.named("Statistics worker 0").orElseThrow();
      assertThat(work.trace()).isEqualTo(trace.traceId());
      assertThat(work.parent()).isEqualTo(trace.stage(Stage.Statistics, 0));
      assertThat(work.service()).isEqualTo("errata-worker");
      assertThat(work.error()).isFalse();
      assertThat(collector.received())
          .filteredOn(span -> span.parent().equals(work.id()))
          .extracting(span -> span.attributes().get("errata.stage"))
          .contains("Statistics");

      Map<String, String> laptop = Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
      assertThat(errata(laptop, "run", "-f", job.toString())).isZero();
      var run = collector.named("errata run").orElseThrow();
      assertThat(run.parent()).isEmpty();
      assertThat(run.attributes()).containsEntry("errata.edit_job.name", "small");
      assertThat(collector.received())
          .filteredOn(span -> span.parent().equals(run.id()))
          .extracting(span -> span.attributes().get("errata.stage"))
          .contains("Values", "Update", "Evaluate", "Publish");
    }
  }

  private int errata(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> java =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Dai.djl.offline=true",
            "-cp",
            System.getProperty("java.class.path"),
            Errata.class.getName(),
            "--store",
            folder.resolve("store").toString());
    ProcessBuilder process =
        new ProcessBuilder(Stream.concat(java.stream(), Stream.of(arguments)).toList())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    process.environment().putAll(environment);
    return process.start().waitFor();
  }
}
