package dev.errata.operator.decide;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Times as resources hold them: RFC 3339 in UTC, whole seconds. */
public final class Times {
  private Times() {}

  /** As text. */
  public static String format(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** From text. */
  public static Instant parse(String text) {
    return Instant.parse(text);
  }

  /** From text that may be absent. */
  public static Instant parseOrNull(String text) {
    return text == null ? null : Instant.parse(text);
  }
}
