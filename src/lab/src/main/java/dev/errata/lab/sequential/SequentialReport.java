package dev.errata.lab.sequential;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.errata.editing.evaluate.Routes;
import java.util.List;
import java.util.Map;

/**
 * What became of the facts of jobs that ran one after another.
 *
 * @param model the checkpoint
 * @param facts facts of all jobs
 * @param jobs number of jobs
 * @param before figures of the unedited model over all facts
 * @param variants what came of each variant
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record SequentialReport(
    String model, int facts, int jobs, Map<String, Object> before, List<OfVariant> variants) {

  /**
   * One variant.
   *
   * @param name its name
   * @param seconds of all its jobs
   * @param jobs what was left behind each job
   * @param after figures of the last version over the facts of all jobs
   * @param firstJob figures of the last version over the facts of the first job
   * @param routing how far the routers above the edit pick the experts that the unedited model
   *     picks; null for a dense model
   */
  public record OfVariant(
      String name,
      double seconds,
      List<AfterJob> jobs,
      Map<String, Object> after,
      Map<String, Object> firstJob,
      List<Routes.Overlap> routing) {}

  /**
   * Behind a job.
   *
   * @param job from 1
   * @param version what it made
   * @param own share of its facts that hold
   * @param soFar share of the facts of this and all earlier jobs that hold
   */
  public record AfterJob(int job, String version, double own, double soFar) {}
}
