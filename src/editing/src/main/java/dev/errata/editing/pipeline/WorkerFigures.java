package dev.errata.editing.pipeline;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import dev.errata.api.Figure;
import dev.errata.api.resource.Stage;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.StorageFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The last values of what a worker measured of itself, for those whose pod is gone before anybody
 * asks.
 *
 * @param stage the stage that it computed; null when it computed all
 * @param shard its number among those that shared the stage; null when it computed all
 * @param stages how long it took
 * @param layerTokens tokens times the layers that they went through, forward, padding included
 * @param valueLoss mean loss of the values at the last step; null where it computed none
 * @param valueDivergence the share of it that keeps what else is known, nats; null as that
 * @param peakRssBytes most memory that its process held, or null where that is unknown
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record WorkerFigures(
    Stage stage,
    Integer shard,
    List<StageReport> stages,
    long layerTokens,
    Double valueLoss,
    Double valueDivergence,
    Long peakRssBytes) {
  private static final String FOLDER = "figures";

  /** Those of this process, as they are now. */
  static WorkerFigures now(StagePart part, StageClock clock) {
    Map<Figure, Double> figures = clock.figures();
    return new WorkerFigures(
        part == null ? null : part.stage(),
        part == null ? null : part.shard(),
        clock.reports().stream().filter(stage -> !stage.cached()).toList(),
        figures.getOrDefault(Figure.LAYER_TOKENS, 0.0).longValue(),
        figures.get(Figure.VALUE_LOSS),
        figures.get(Figure.VALUE_DIVERGENCE),
        ProcessMemory.peak());
  }

  /**
   * Leaves them in a workspace, in place of those of an earlier try; a worker that found its stage
   * done has none that would be worth more.
   */
  void keep(Workspace workspace) {
    Path file = workspace.folder(FOLDER).resolve(stage + "-" + shard + ".json");
    boolean computed = stages.stream().anyMatch(one -> one.name().equals(stage.name()));
    if (!computed && Files.exists(file)) {
      return;
    }
    try {
      Files.createDirectories(file.getParent());
      StorageFiles.write(file, Workspace.JSON.writeValueAsBytes(this));
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  /**
   * Those of all workers of a job, stage by stage.
   *
   * @param last the one that ends the job
   */
  static List<WorkerFigures> all(Workspace workspace, WorkerFigures last) {
    List<WorkerFigures> all = new ArrayList<>();
    Path folder = workspace.folder(FOLDER);
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.filter(f -> f.toString().endsWith(".json")).toList()) {
          all.add(Workspace.JSON.readValue(Files.readAllBytes(file), WorkerFigures.class));
        }
      } catch (JsonProcessingException e) {
        // Of another Errata: figures are not worth a stage that is done again.
        all.clear();
      } catch (IOException e) {
        throw IoProblems.of(folder, e);
      }
    }
    all.sort(Comparator.comparing(WorkerFigures::stage).thenComparing(WorkerFigures::shard));
    all.add(last);
    return all;
  }
}
