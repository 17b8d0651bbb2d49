package dev.errata.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class OperatorStartTest {
  @TestHTTPResource URI root;
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
    var request = HttpRequest.newBuilder(root.resolve(path)).build();
    var response = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).contains("\"status\": \"UP\"");
  }
}
