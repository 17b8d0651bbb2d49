package dev.errata.tracing;

import io.opentelemetry.sdk.trace.IdGenerator;
import java.util.function.Supplier;

/** Identifiers that are given to a span, or random ones. */
final class GivenIds implements IdGenerator {
  private final IdGenerator random = IdGenerator.random();
  private static final ThreadLocal<String[]> GIVEN = new ThreadLocal<>();

  <T> T with(String trace, String span, Supplier<T> make) {
    GIVEN.set(new String[] {trace, span});
    try {
      return make.get();
    } finally {
      GIVEN.remove();
    }
  }

  @Override
  public String generateTraceId() {
    String[] ids = GIVEN.get();
    return ids == null ? random.generateTraceId() : ids[0];
  }

  @Override
  public String generateSpanId() {
    String[] ids = GIVEN.get();
    return ids == null ? random.generateSpanId() : ids[1];
  }
}
