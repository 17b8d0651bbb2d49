package dev.errata.operator.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is served to whom. */
@QuarkusTest
class ConsolePageTest {
  @TestHTTPResource URI root;

  private HttpResponse<String> get(String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(root.resolve(path)).build(), BodyHandlers.ofString());
  }

  @ParameterizedTest
  @CsvSource({
    "/console/,200,text/html",
    "/console/index.html,200,text/html",
    "/console/app.js,200,text/javascript",
    "/console/views/model.js,200,text/javascript",
    "/console/lib/lit-html.js,200,text/javascript",
    "/console/console.css,200,text/css",
    "/console/icon.svg,200,image/svg+xml",
    "/console/../api/v1/namespaces/lab/models,401,",
    "/console/..%2fapi/v1/namespaces/lab/models,404,",
    "/console/..%2fapplication.properties,404,",
    "/console/other,404,",
    "/consoles,401,"
  })
  void thePageIsOpenAndNothingElse(String path, int status, String type) throws Exception {
    HttpResponse<String> response = get(path);
    assertThat(response.statusCode()).isEqualTo(status);
    if (type != null) {
      assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith(type);
      assertThat(response.headers().firstValue("Cache-Control")).contains("no-cache");
      assertThat(response.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
      assertThat(response.headers().firstValue("Content-Security-Policy").orElseThrow())
          .contains("default-src 'none'", "script-src 'self'", "trusted-types lit-html")
          .doesNotContain("unsafe");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/console"})
  void lessThanTheAddressLeadsThere(String path) throws Exception {
    HttpResponse<String> response = get(path);
    assertThat(response.statusCode()).isEqualTo(302);
    assertThat(response.headers().firstValue("Location")).contains("console/");
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS"})
  void nobodyDoesMoreThanRead(String method) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(root.resolve("/console/"))
            .method(method, BodyPublishers.noBody())
            .build();
    assertThat(HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).statusCode())
        .isEqualTo(401);
  }

  @Test
  void nothingInThePageComesFromElsewhere() throws Exception {
    assertThat(get("/console/").body())
        .doesNotContain("http:", "https:", "style=", "onclick", "<script>");
  }
}
