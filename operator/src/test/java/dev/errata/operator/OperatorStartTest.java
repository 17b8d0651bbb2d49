package dev.errata.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import dev.errata.api.meter.Meters;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class OperatorStartTest {
  @TestHTTPResource URI root;

  @TestHTTPResource(management = true)
  URI management;

  @Inject KubernetesClient client;

  @Test
  void readsResourcesOfANewerErrata() {
    String job = "{\"kind\":\"EditJob\",\"spec\":{\"model\":\"m\",\"newer\":{\"field\":1}}}";
    assertThat(client.getKubernetesSerialization().unmarshal(job, EditJob.class).getSpec().model())
        .isEqualTo("m");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/q/health/live", "/q/health/ready"})
  void reportsItselfHealthy(String path) throws Exception {
    var response = get(management.resolve(path));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).contains("\"status\": \"UP\"");
  }

  /** What depends on a broker or a Model is held by the test on a real cluster. */
  @Test
  void isScrapedWithoutATokenAndNowhereElse() throws Exception {
    String scrape = get(management.resolve("/q/metrics")).body();
    for (Meters meter : Meters.values()) {
      boolean always = !meter.name().startsWith("KAFKA") && !meter.name().startsWith("MODEL_");
      if (meter.program() == Meters.Program.OPERATOR && always) {
        String type =
            meter.kind() == Meters.Kind.TIMER
                ? "histogram"
                : meter.kind().name().toLowerCase(Locale.ROOT);
        assertThat(scrape)
            .contains("# TYPE " + meter.scraped() + " " + type)
            .contains("# HELP " + meter.scraped() + " " + meter.help());
      }
    }
    assertThat(scrape)
        .contains(
            "errata_editjobs{state=\"Running\"", "agroal_active_count", "jvm_memory_used_bytes");
    assertThat(get(root.resolve("/q/metrics")).statusCode()).isNotEqualTo(200);
  }

  private static HttpResponse<String> get(URI place) throws Exception {
    var request = HttpRequest.newBuilder(place).header("Accept", "text/plain").build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
  }
}
