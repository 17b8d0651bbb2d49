package dev.errata.operator.decide;

import java.util.List;

/**
 * All that a decision about a job rests on beside the job itself, read at one time.
 *
 * @param model its Model; null when there is none
 * @param turn name of the job of the same Model whose turn it is; null when it is this one's
 * @param queue name of the Kueue queue; null without one
 * @param children its child Jobs
 */
public record Observation(ModelView model, String turn, String queue, List<ChildView> children) {
  public Observation {
    children = List.copyOf(children);
  }
}
