package dev.errata.worker.watch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.errata.api.InputException;
import dev.errata.api.Progress;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A job's status as an API server gives it, look by look. */
class StatusWatchTest {
  private final List<String> shown = new ArrayList<>();
  private final Deque<String> statuses = new ArrayDeque<>();

  private final Progress progress =
      new Progress() {
        @Override
        public void stage(String name, String unit) {
          shown.add(name);
        }

        @Override
        public void advance(long done, long total) {
          shown.add(done + "/" + total);
        }

        @Override
        public void note(String text) {
          shown.add(text);
        }
      };

  private JobEnd watch(String job) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/apis/errata.dev/v1alpha1/namespaces/lab/editjobs/two",
        exchange -> {
          String status = statuses.size() > 1 ? statuses.poll() : statuses.peek();
          byte[] body =
              ("{\"apiVersion\":\"errata.dev/v1alpha1\",\"kind\":\"EditJob\",\"metadata\":"
                      + "{\"name\":\"two\",\"namespace\":\"lab\"},\"status\":"
                      + status
                      + "}")
                  .getBytes(UTF_8);
          exchange.getResponseHeaders().add("Content-Type", "application/json");
          exchange.sendResponseHeaders(status.isEmpty() ? 503 : 200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
            .withRequestRetryBackoffLimit(0)
            .build();
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build()) {
      return new StatusWatch("lab", job, progress).run(client);
    } finally {
      server.stop(0);
    }
  }

  private static String condition(String type, String status, String reason, String message) {
    return "{\"type\":\"%s\",\"status\":\"%s\",\"reason\":\"%s\",\"message\":\"%s\"}"
        .formatted(type, status, reason, message);
  }

  private static String running(String stage, int done) {
    return "{\"stage\":\"%s\",\"progress\":{\"done\":%d,\"total\":10},\"conditions\":[%s]}"
        .formatted(stage, done, condition("WorkersReady", "True", "Running", "The pods compute."));
  }

  @Test
  void barsFollowTheStatusToItsEndOverAnAbsence() throws IOException {
    statuses.add("{}");
    statuses.add(running("Values", 4));
    statuses.add("");
    statuses.add(running("Update", 1));
    statuses.add(
        "{\"version\":\"v3\",\"conditions\":[%s]}"
            .formatted(condition("Complete", "True", "Published", "v3 is there.")));
    JobEnd end = watch("two");
    assertThat(end).isEqualTo(new JobEnd("two", "lab", "Published", "v3", "v3 is there."));
    assertThat(shown)
        .containsExactly(
            "values",
            "4/10",
            "The pods compute.",
            "the API server does not answer; waiting for it",
            "update",
            "1/10",
            "The pods compute.");
  }

  @Test
  void failuresAndMissedGatesAreToldApart() throws IOException {
    statuses.add(
        "{\"version\":\"v2\",\"conditions\":[%s]}"
            .formatted(condition("Failed", "True", "GateMissed", "efficacy is 0.4")));
    assertThat(watch("two").state()).isEqualTo(JobEnd.REJECTED);
    statuses.clear();
    statuses.add(
        "{\"conditions\":[%s]}".formatted(condition("Failed", "True", "BadInput", "line 3")));
    assertThat(watch("two").state()).isEqualTo(JobEnd.FAILED);
  }

  @Test
  void aJobThatIsNotThereIsNamed() {
    statuses.add("{}");
    assertThatThrownBy(() -> watch("three"))
        .isInstanceOf(InputException.class)
        .hasMessage("EditJob \"lab/three\" does not exist");
  }

  @Test
  void anApiServerThatIsNotThereIsNamed() {
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl("http://127.0.0.1:1")
            .withRequestRetryBackoffLimit(0)
            .build();
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build()) {
      assertThatThrownBy(() -> new StatusWatch("lab", "two", progress).run(client))
          .isInstanceOf(InputException.class)
          .hasMessage(
              "EditJob \"lab/two\" cannot be read: the API server at http://127.0.0.1:1/ does not"
                  + " answer");
    }
  }
}
