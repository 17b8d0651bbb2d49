package dev.errata.tracing;

import java.time.Instant;
import java.util.Map;

/**
 * A span that is over when it is told.
 *
 * @param trace its trace
 * @param id 16 hexadecimal digits
 * @param parent 16 hexadecimal digits; null for the root
 * @param name what was done
 * @param start when it began
 * @param end when it ended
 * @param attributes what else is known, by name
 * @param error why it failed; null when it did not
 */
public record EndedSpan(
    JobTrace trace,
    String id,
    String parent,
    String name,
    Instant start,
    Instant end,
    Map<String, String> attributes,
    String error) {
  public EndedSpan {
    attributes = Map.copyOf(attributes);
  }
}
