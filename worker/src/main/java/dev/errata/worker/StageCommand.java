package dev.errata.worker;

import dev.errata.api.InputException;
import dev.errata.api.Locations;
import dev.errata.api.WorkerReport;
import dev.errata.api.event.KafkaAccess;
import dev.errata.api.listing.ListingWriter;
import dev.errata.api.resource.Stage;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionStore;
import dev.errata.editing.pipeline.EditJobRun;
import dev.errata.editing.pipeline.MovedException;
import dev.errata.editing.pipeline.StagePart;
import dev.errata.worker.meters.WorkerMeters;
import dev.errata.worker.progress.JobEvents;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code errata stage}: what the pods of a cluster run. */
@Command(
    name = "stage",
    description = "Computes one stage of a job, as the pods of a cluster do.",
    exitCodeListHeading = "%nExit codes beside those of all commands:%n",
    exitCodeList = "5:the version to start from has moved")
final class StageCommand extends Reporting {
  /** What a pod can be told to do. */
  enum Work {
    /** Brings a base checkpoint into the store. */
    IMPORT,
    /** Makes a version current. */
    PROMOTE,
    /** Tells what the files of versions say, on standard output. */
    LIST,
    /** A stage of a job. */
    STATISTICS,
    /** A stage of a job, shared by several pods. */
    VALUES,
    /** A stage of a job. */
    UPDATE,
    /** A stage of a job, shared by several pods. */
    EVALUATE,
    /** A stage of a job. */
    PUBLISH
  }

  @Parameters(paramLabel = "STAGE", description = "One of ${COMPLETION-CANDIDATES}.")
  private Work work;

  @Option(names = "--job", paramLabel = "FILE", description = "The EditJob, plain or gzip.")
  private Path job;

  @Option(
      names = "--facts",
      paramLabel = "DIR",
      description = "Where the ConfigMap of spec.facts.configMap is mounted.")
  private Path facts;

  @Option(names = "--base", paramLabel = "vN", description = "The version to start from.")
  private String base;

  @Option(
      names = "--shards",
      defaultValue = "1",
      description = "How many pods share the stage (default: ${DEFAULT-VALUE}).")
  private int shards;

  @Option(
      names = "--shard",
      defaultValue = "${env:JOB_COMPLETION_INDEX:-0}",
      description = "Number of this one (default: $$JOB_COMPLETION_INDEX, or 0).")
  private int shard;

  @Option(
      names = "--attempt",
      defaultValue = "0",
      description = "How often the job has been rebased (default: ${DEFAULT-VALUE}).")
  private int attempt;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "The model to import, promote or list.")
  private String model;

  @Option(names = "--source", paramLabel = "URI", description = "The checkpoint to import.")
  private String source;

  @Option(
      names = "--files",
      paramLabel = "DIR",
      description = "Where relative paths of resources start (default: the store).")
  private Path files;

  @Option(names = "--version", paramLabel = "vN", description = "The version to promote.")
  private String version;

  @Option(
      names = "--versions",
      paramLabel = "vN",
      split = ",",
      description = "The versions to list.")
  private List<String> versions;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "Where to write what the operator reads, such as /dev/termination-log.")
  private Path report;

  @Mixin private ComputeOptions compute;
  @Mixin private MemoryOption memory;
  @Mixin private KafkaOption kafka;
  @Mixin private MetricsOption metrics;

  @Override
  public Integer call() {
    VersionStore store = store();
    if (work == Work.LIST) {
      return list(store);
    }
    try {
      WorkerReport told =
          switch (work) {
            case IMPORT -> importBase(store);
            case PROMOTE -> promote(store);
            case LIST -> throw new IllegalStateException("a listing is no report");
            case STATISTICS -> stage(store, Stage.Statistics);
            case VALUES -> stage(store, Stage.Values);
            case UPDATE -> stage(store, Stage.Update);
            case EVALUATE -> stage(store, Stage.Evaluate);
            case PUBLISH -> stage(store, Stage.Publish);
          };
      tell(told);
      return ExitCode.DONE;
    } catch (MovedException e) {
      err().println("errata: " + e.getMessage());
      tell(PodReports.moved(e.current()));
      return ExitCode.MOVED;
    }
  }

  private WorkerReport importBase(VersionStore store) {
    require("--model", model, "--source", source);
    Path checkpoint = Locations.resolve(anchor(store), source, "spec.source.uri");
    return PodReports.imported(
        store, Imports.run(store, model, checkpoint, note -> err().println("  " + note)));
  }

  private WorkerReport promote(VersionStore store) {
    require("--model", model, "--version", version);
    Version wanted = store.version(model + "@" + version);
    store.promote(model, wanted.manifest().version(), false);
    return PodReports.promoted(store, wanted);
  }

  /** The part of a listing that is this pod's, in its log: no termination message holds it. */
  private int list(VersionStore store) {
    require("--model", model, "--versions", versions);
    ListingWriter writer = new ListingWriter(shard);
    new VersionListing(store, writer).tell(model, versions);
    writer.finish(out());
    return ExitCode.DONE;
  }

  private WorkerReport stage(VersionStore store, Stage stage) {
    require("--job", job, "--base", base);
    PodJob read = PodJob.read(job, facts, anchor(store), memory.bytes());
    StagePart part = new StagePart(base, stage, shard, shards);
    JobEvents.Place place = new JobEvents.Place(stage, attempt, shard, shards);
    try (TerminalProgress progress = progress();
        WorkerMeters meters = metrics.open().orElse(null);
        Telling telling =
            Telling.of(access(read), read.ref(), place, progress, meters, System.getenv())) {
      var result =
          telling.of(
              heard -> EditJobRun.part(store, read.request(), part, compute.compute(), heard));
      if (result.isEmpty()) {
        return PodReports.pending(stage, read.request());
      }
      WorkerReport told = PodReports.result(store, stage, result.get());
      telling.result(() -> told);
      return told;
    }
  }

  /** A Secret that is missing or wrong silences a pod and does not stop it. */
  private KafkaAccess access(PodJob read) {
    try {
      return kafka.access(read.request().spec().progress()).orElse(null);
    } catch (InputException e) {
      err().println("  progress is told to nobody: " + e.getMessage());
      return null;
    }
  }

  /** Relative paths of resources start in the folder of what this names. */
  private Path anchor(VersionStore store) {
    return (files == null ? store.root() : files).resolve("store");
  }

  private void require(String one, Object oneValue, String other, Object otherValue) {
    for (var option : Map.of(one, oneValue != null, other, otherValue != null).entrySet()) {
      if (!option.getValue()) {
        throw new InputException(
            "errata stage "
                + work.name().toLowerCase(java.util.Locale.ROOT)
                + " needs "
                + option.getKey());
      }
    }
  }

  /** A container's termination message is a file that is there already and cannot be replaced. */
  private void tell(WorkerReport told) {
    String text = told.json();
    if (report == null) {
      report(told, out -> out.println(text));
      return;
    }
    try {
      Files.write(report, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
