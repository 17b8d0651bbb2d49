package dev.errata.operator.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusMock;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An API server that does not say who asks: its callers come back later. */
@QuarkusTest
class UnansweredTest {
  private static final String TOKEN = "a-token-that-nobody-reads";
  private static final String AWAY =
      "the API server, which knows who may read what, does not answer; try again";
  private static final String REFUSED =
      "the API server does not let the operator ask who may read what; see the rights that its"
          + " chart gives it";

  @TestHTTPResource URI root;

  private static KubernetesClient client(int port) {
    Config config =
        new ConfigBuilder(Config.empty()).withMasterUrl("http://127.0.0.1:" + port).build();
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  private void assertLater(String token, String message) throws Exception {
    for (String path : new String[] {"/api/v1/namespaces/lab/models", "/q/openapi"}) {
      HttpResponse<String> answer =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(root.resolve(path))
                      .header("Authorization", "Bearer " + token)
                      .build(),
                  BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(path + " " + answer.body()).isEqualTo(503);
      assertThat(answer.headers().firstValue("Retry-After")).contains("5");
      assertThat(answer.headers().firstValue("Content-Type").orElse(""))
          .startsWith("application/json");
      assertThat(new ObjectMapper().readTree(answer.body()).path("error").asText())
          .isEqualTo(message);
      if (token.equals(KnownCallers.TOKEN)) {
        // What asks nothing of namespaces needs no permission.
        return;
      }
    }
  }

  @Test
  void oneThatIsNotThereIsSaidToBe() throws Exception {
    try (KubernetesClient client = client(1)) {
      QuarkusMock.installMockForType(new TokenReviews(client), TokenReviews.class);
      assertLater(TOKEN, AWAY);
    }
  }

  @Test
  void oneThatGoesAwayAfterItSaidWhoAsksIsToo() throws Exception {
    try (KubernetesClient client = client(1)) {
      KnownCallers.install();
      QuarkusMock.installMockForType(new Permissions(client), Permissions.class);
      assertLater(KnownCallers.TOKEN, AWAY);
    }
  }

  @ParameterizedTest
  @CsvSource({"500, false", "429, false", "403, true", "401, true"})
  void oneThatRefusesIsToldFromOneThatIsAway(int code, boolean refused) throws Exception {
    HttpServer server = refusing(code);
    try (KubernetesClient client = client(server.getAddress().getPort())) {
      QuarkusMock.installMockForType(new TokenReviews(client), TokenReviews.class);
      assertLater(TOKEN, refused ? REFUSED : AWAY);
    } finally {
      server.stop(0);
    }
  }

  private static HttpServer refusing(int code) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(code, -1);
          exchange.close();
        });
    server.start();
    return server;
  }
}
