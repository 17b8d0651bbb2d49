package dev.errata.worker.meters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.api.Figure;
import dev.errata.api.InputException;
import dev.errata.api.meter.Meters;
import dev.errata.api.resource.Stage;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** What a scrape of a worker gives. */
class WorkerMetersTest {
  private static String scrape(WorkerMeters meters) throws Exception {
    URI place = URI.create("http://localhost:" + meters.port() + "/metrics");
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(place).build(), BodyHandlers.ofString())
        .body();
  }

  @Test
  void everyDeclaredMeterIsScrapedUnderItsNameWithItsTypeAndHelp() throws Exception {
    try (WorkerMeters meters = WorkerMeters.open(0)) {
      meters.events(() -> 7, () -> 2);
      meters.stage(Stage.Values, "values", "facts");
      meters.advance(0, 50);
      meters.advance(20, 50);
      meters.figure(Figure.VALUE_LOSS, 0.25);
      meters.figure(Figure.VALUE_DIVERGENCE, 0.0625);
      meters.figure(Figure.LAYER_TOKENS, 4096);
      meters.stage(Stage.Values, "values, round 2", "facts");
      meters.advance(3, 10);
      String scrape = scrape(meters);
      for (Meters meter : Meters.values()) {
        if (meter.program() == Meters.Program.WORKER) {
          String type = meter.kind().name().toLowerCase(Locale.ROOT);
          assertThat(scrape)
              .contains("# TYPE " + meter.scraped() + " " + type)
              .contains("# HELP " + meter.scraped() + " " + meter.help());
        }
      }
      assertThat(scrape.lines())
          .contains(
              "errata_worker_items_total{stage=\"Values\",unit=\"facts\"} 23.0",
              "errata_worker_stage_progress_ratio{stage=\"Values\"} 0.3",
              "errata_worker_value_loss 0.25",
              "errata_worker_value_divergence 0.0625",
              "errata_worker_layer_tokens_total 4096.0",
              "errata_worker_events_total{outcome=\"sent\"} 7.0",
              "errata_worker_events_total{outcome=\"dropped\"} 2.0");
      assertThat(scrape).doesNotContain("errata_worker_resident_bytes NaN");
    }
  }

  @Test
  void whatWasThereAlreadyIsNotCounted() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (WorkerMeters meters = new WorkerMeters(registry, () -> 0, null)) {
      meters.advance(1, 2);
      meters.stage(Stage.Statistics, "statistics", "tokens");
      meters.advance(600, 600);
      assertThat(registry.get(Meters.WORKER_ITEMS.stem()).counter().count()).isZero();
      assertThat(registry.get(Meters.WORKER_PROGRESS.stem()).gauge().value()).isEqualTo(1);
    }
  }

  @Test
  void aPortThatIsTakenIsNamed() {
    try (WorkerMeters meters = WorkerMeters.open(0)) {
      List<String> port = List.of("--metrics-port " + meters.port());
      assertThatThrownBy(() -> WorkerMeters.open(meters.port()))
          .isInstanceOf(InputException.class)
          .hasMessageContaining(port.get(0));
    }
  }
}
