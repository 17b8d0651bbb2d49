package dev.errata.operator.decide;

import dev.errata.api.resource.Progress;
import dev.errata.api.resource.Stage;
import java.util.List;

/**
 * All that a decision about a job rests on beside the job itself, read at one time.
 *
 * @param model its Model; null when there is none
 * @param turn name of the job of the same Model whose turn it is; null when it is this one's
 * @param queue name of the Kueue queue; null without one
 * @param children its child Jobs
 * @param heard what its workers tell; null when they tell nothing
 * @param line whether they could be heard; null when there is nothing that they could tell by
 */
public record Observation(
    ModelView model, String turn, String queue, List<ChildView> children, Heard heard, Line line) {
  /**
   * What workers tell.
   *
   * @param stage the stage that they speak of
   * @param attempt how often the job had been rebased
   * @param progress how far it is
   */
  public record Heard(Stage stage, int attempt, Progress progress) {}

  /** What surrounds a job whose workers tell nothing. */
  public Observation(ModelView model, String turn, String queue, List<ChildView> children) {
    this(model, turn, queue, children, null, null);
  }

  public Observation {
    children = List.copyOf(children);
  }
}
