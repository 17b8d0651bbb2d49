package dev.errata.tracing;

import dev.errata.api.resource.Stage;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The identifiers of an EditJob's trace. They follow from the job's UID, so that an operator that
 * was restarted, its successor and every worker speak of the same trace without telling each other.
 *
 * @param uid of the EditJob
 */
public record JobTrace(String uid) {
  private static final int TRACE_BYTES = 16;
  private static final int SPAN_BYTES = 8;

  /** 32 hexadecimal digits. */
  public String traceId() {
    return hex("trace", TRACE_BYTES);
  }

  /** The span of the whole job, 16 hexadecimal digits. */
  public String root() {
    return hex("job", SPAN_BYTES);
  }

  /**
   * The span of a stage, 16 hexadecimal digits.
   *
   * @param attempt how often the job had been rebased
   */
  public String stage(Stage stage, int attempt) {
    return hex(stage.name() + "/" + attempt, SPAN_BYTES);
  }

  /** What a worker of a stage is given as {@code TRACEPARENT} (W3C Trace Context, version 00). */
  public String parent(Stage stage, int attempt) {
    return "00-" + traceId() + "-" + stage(stage, attempt) + "-" + TraceFlags.getSampled().asHex();
  }

  /** A span of this trace as the parent of others. */
  SpanContext context(String span) {
    return SpanContext.create(traceId(), span, TraceFlags.getSampled(), TraceState.getDefault());
  }

  private String hex(String of, int bytes) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest((uid + "/" + of).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
