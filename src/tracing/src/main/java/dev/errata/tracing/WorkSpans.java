package dev.errata.tracing;

import dev.errata.api.Progress;
import dev.errata.api.event.JobRef;
import dev.errata.api.resource.Stage;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import java.util.Map;

/**
 * Tells the work of one worker as spans: one of all that it does for a job, below what {@code
 * TRACEPARENT} names, and below that one of each part that {@link Progress} hears of.
 */
public final class WorkSpans implements Progress, AutoCloseable {
  private final Tracing tracing;
  private final Map<String, String> environment;
  private final Span work;
  private Span part;
  private String unit;
  private long done;
  private boolean ended;

  /**
   * Begins.
   *
   * @param name what the worker does, such as {@code worker 2}
   * @param attributes what else is known of the work
   */
  public WorkSpans(
      Tracing tracing,
      Map<String, String> environment,
      JobRef job,
      String name,
      Map<String, String> attributes) {
    this.tracing = tracing;
    this.environment = Map.copyOf(environment);
    work = tracing.begin(name, null, this.environment);
    work.setAttribute("errata.edit_job.name", job.name());
    work.setAttribute("errata.model.name", job.model());
    work.setAttribute("k8s.namespace.name", job.namespace());
    attributes.forEach(work::setAttribute);
  }

  @Override
  public void stage(Stage of, String name, String counted) {
    stage(name, counted);
    part.setAttribute("errata.stage", of.name());
  }

  @Override
  public void stage(String name, String counted) {
    endPart();
    part = tracing.begin(name, work, environment);
    unit = counted;
    done = 0;
  }

  @Override
  public void advance(long now, long all) {
    done = now;
  }

  @Override
  public void note(String text) {
    work.addEvent(text);
  }

  /** The work came to its end. */
  public void done() {
    ended = true;
  }

  /** The work failed. */
  public void failed(Throwable why) {
    ended = true;
    work.recordException(why);
    work.setStatus(StatusCode.ERROR, String.valueOf(why.getMessage()));
    if (part != null) {
      part.setStatus(StatusCode.ERROR);
    }
  }

  @Override
  public void close() {
    endPart();
    if (!ended) {
      work.setStatus(StatusCode.ERROR, "interrupted");
    }
    work.end();
  }

  private void endPart() {
    if (part != null) {
      part.setAttribute("errata." + unit, done);
      part.end();
      part = null;
    }
  }
}
