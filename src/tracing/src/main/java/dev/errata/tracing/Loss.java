package dev.errata.tracing;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** Counts what a collector has not taken. */
final class Loss {
  private final AtomicLong all = new AtomicLong();
  private final AtomicLong arrived = new AtomicLong();
  private final AtomicReference<Throwable> why = new AtomicReference<>();

  SpanExporter counting(SpanExporter exporter) {
    return new Counting(exporter);
  }

  Optional<String> told() {
    long lost = all.get() - arrived.get();
    if (lost == 0) {
      return Optional.empty();
    }
    Throwable cause = why.get();
    return Optional.of(
        lost
            + " of "
            + all.get()
            + " spans did not reach the collector"
            + (cause == null ? "" : ": " + cause));
  }

  private final class Counting implements SpanExporter {
    private final SpanExporter exporter;

    private Counting(SpanExporter exporter) {
      this.exporter = exporter;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      all.addAndGet(spans.size());
      CompletableResultCode result = exporter.export(spans);
      return result.whenComplete(
          () -> {
            if (result.isSuccess()) {
              arrived.addAndGet(spans.size());
            } else if (result.getFailureThrowable() != null) {
              why.set(result.getFailureThrowable());
            }
          });
    }

    @Override
    public CompletableResultCode flush() {
      return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
      return exporter.shutdown();
    }
  }
}
