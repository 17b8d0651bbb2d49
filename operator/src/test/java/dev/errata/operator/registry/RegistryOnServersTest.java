package dev.errata.operator.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.EditJob;
import dev.errata.api.listing.ListedFact;
import dev.errata.operator.Fixtures;
import dev.errata.operator.assembly.Assembly;
import dev.errata.operator.cluster.PodPlayer;
import dev.errata.operator.cluster.RealCluster;
import dev.errata.operator.cluster.Tokens;
import dev.errata.operator.decide.JobState;
import dev.errata.operator.manifest.Installation;
import dev.errata.operator.registry.Answers.FactAnswer;
import io.agroal.api.AgroalDataSource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.quarkus.test.common.TestResourceScope;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.ext.web.Router;
import jakarta.inject.Inject;
import jakarta.persistence.PersistenceException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The registry between a real PostgreSQL and a real API server, asked over HTTP. */
@QuarkusTest
@WithTestResource(value = ServersResource.class, scope = TestResourceScope.MATCHING_RESOURCES)
class RegistryOnServersTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Installation INSTALLATION =
      new Installation("errata/worker:1", null, "errata-store", 10001L);

  /** Texts that mean something to a database, a browser or a parser. */
  private static final List<String> ATTACKS =
      List.of(
          "'",
          "' or '1'='1",
          "x'; drop table fact; --",
          "\") or 1=1 --",
          "%",
          "_",
          "\\",
          "$1",
          ":subject",
          "?1",
          "{d '2020-01-01'}",
          "a\u0000b",
          "\u0000",
          "\ud83d\ude00",
          "<script>alert(1)</script>",
          "../../etc/passwd",
          "x".repeat(3000));

  /** Who is well, how much there is, and a page without data. */
  private static final Pattern OPEN = Pattern.compile("/|/q/(health|metrics)(/.*)?|/console(/.*)?");

  @TestHTTPResource URI root;
  @Inject RegistryRuntime runtime;
  @Inject RegistryReader reader;
  @Inject FactSearch search;
  @Inject AgroalDataSource database;
  @Inject Router router;

  Postgres postgres;

  private KubernetesClient admin;
  private String namespace;
  private String token;

  @BeforeEach
  void place() {
    Postgres.assumeHere();
    RealCluster cluster = RealCluster.get();
    admin = cluster.admin();
    namespace = cluster.namespace("registry");
    token = Tokens.reader(admin, namespace, "models", "modelversions", "editjobs");
  }

  private static ConditionFactory soon() {
    return Awaitility.await().atMost(Duration.ofMinutes(3)).pollInterval(Duration.ofMillis(100));
  }

  private <T extends HasMetadata> T create(T resource) {
    resource.getMetadata().setNamespace(namespace);
    resource.getMetadata().setUid(null);
    return admin.resource(resource).create();
  }

  /** Lets the operator make v1 of a model. */
  private EditJob edited() {
    try (PodPlayer pods = player();
        KubernetesClient client = RealCluster.get().operator()) {
      create(Fixtures.model());
      EditJob job = create(Fixtures.editJob());
      Operator operator =
          Assembly.operator(client, INSTALLATION, Set.of(namespace), null, Clock.systemUTC());
      operator.start();
      soon().until(() -> JobState.of(admin.resource(job).get()).state().ended());
      operator.stop();
      return admin.resource(job).get();
    }
  }

  /** Plays pods, also those that list the one fact of v1. */
  private PodPlayer player() {
    return new PodPlayer(
        admin,
        namespace,
        version ->
            List.of(
                new ListedFact(
                    null, "Port Albury", "The mayor of {} is", "Ines Calder", null, true)));
  }

  /** Lets the registry follow the cluster until it knows what the files of v0 and v1 say. */
  private void follow() {
    try (PodPlayer pods = player()) {
      soon()
          .untilAsserted(
              () -> {
                runtime.turn();
                assertThat(reader.versions(namespace, "world").orElseThrow())
                    .hasSize(2)
                    .allMatch(version -> version.listing().listed());
              });
    }
  }

  private List<FactAnswer> albury() {
    return search
        .find(new FactSearch.Wanted(namespace, "port albury", null, null, null, null, 10))
        .facts();
  }

  private HttpResponse<String> ask(String method, String path, String bearer) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(root.resolve(path))
            .timeout(Duration.ofMinutes(2))
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (bearer != null) {
      request.header("Authorization", "Bearer " + bearer);
    }
    try {
      return HTTP.send(request.build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private JsonNode read(String path) throws IOException {
    HttpResponse<String> response = ask("GET", "/api/v1/namespaces/" + namespace + path, token);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }

  @Test
  void aDatabaseThatIsAwayHoldsUpNoEditAndCatchesUpByItself() throws IOException {
    runtime.turn();
    assertThat(reader.models(namespace)).isEmpty();
    postgres.down();
    try {
      assertThat(JobState.of(edited()).state()).isEqualTo(JobState.Complete);
      runtime.turn();
      assertThatThrownBy(this::albury).isInstanceOf(PersistenceException.class);
      HttpResponse<String> answer =
          ask("GET", "/api/v1/namespaces/" + namespace + "/models", token);
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.body()).contains("database does not answer");
    } finally {
      postgres.up();
    }
    soon()
        .until(
            () -> {
              runtime.turn();
              return reader.models(namespace).size() == 1;
            });
    follow();
    assertThat(albury().get(0))
        .extracting(FactAnswer::version, FactAnswer::editJob, FactAnswer::serving)
        .containsExactly("v1", "two-facts", true);
  }

  @Test
  void madeAgainItHoldsTheSame() throws SQLException {
    edited();
    follow();
    var before = Tables.of(database);
    assertThat(before.get("fact")).isNotEmpty();
    assertThat(before.get("job")).isNotEmpty();
    try (var connection = database.getConnection();
        var statement = connection.createStatement()) {
      statement.execute("update fact set target = 'Nobody', namespace = 'nowhere'");
      statement.execute("update version set changed = null, digest = 'none'");
      statement.execute("delete from stage");
      statement.execute("delete from version where number = 0");
      statement.execute("insert into metric select -id, id, 'wrong', 1, 2 from version");
      statement.execute("update job set state = 'Lost'");
      statement.execute("update model set current_version = 'v9'");
    }
    assertThat(Tables.of(database)).isNotEqualTo(before);
    assertThat(ask("POST", "/api/v1/rebuild", token).statusCode()).isEqualTo(403);
    Tokens.mayPost(admin, namespace, "/api/v1/rebuild");
    String allowed = Tokens.fresh(admin, namespace);
    soon()
        .untilAsserted(
            () -> assertThat(ask("POST", "/api/v1/rebuild", allowed).statusCode()).isEqualTo(202));
    follow();
    assertThat(Tables.of(database)).isEqualTo(before);
  }

  @Test
  void aJobIsToldFromItsBeginningToItsEnd() {
    EditJob job = edited();
    String path = "/api/v1/namespaces/" + namespace + "/editjobs/two-facts/progress";
    HttpResponse<String> stream = ask("GET", path, token);
    assertThat(stream.statusCode()).isEqualTo(200);
    assertThat(stream.headers().firstValue("Content-Type").orElse(""))
        .startsWith("text/event-stream");
    assertThat(stream.body()).startsWith("data:").contains("\"state\":\"Complete\"");
    assertThat(job.getStatus().version()).isEqualTo("v1");

    EditJob other = Fixtures.editJob();
    other.getMetadata().setName("waiting");
    EditJob waiting = create(other);
    var told =
        new JobStream(admin)
            .of(namespace, "waiting")
            .invoke(
                now -> {
                  if (now.state().equals("Pending")) {
                    waiting.setStatus(job.getStatus());
                    admin.resource(waiting).patchStatus();
                  }
                })
            .collect()
            .asList()
            .await()
            .atMost(Duration.ofMinutes(2));
    assertThat(told)
        .extracting(Answers.ProgressAnswer::state)
        .containsExactly("Pending", "Complete");
    assertThat(ask("GET", path.replace("two-facts", "none"), token).statusCode()).isEqualTo(404);
  }

  @Test
  void whatTheRegistryKnowsIsRead() throws IOException {
    edited();
    follow();
    assertThat(read("/models").get(0).path("current").asText()).isEqualTo("v1");
    assertThat(read("/models/world").path("versions").asInt()).isEqualTo(2);
    assertThat(read("/models/world/versions")).hasSize(2);
    assertThat(read("/models/world/versions/v1").path("editJob").asText()).isEqualTo("two-facts");
    assertThat(read("/models/world/versions/v1/lineage")).hasSize(2);
    assertThat(read("/models/world/diff?from=v0&to=v1").path("facts")).hasSize(1);
    assertThat(read("/models/world/metrics").isObject()).isTrue();
    assertThat(read("/editjobs").get(0).path("state").asText()).isEqualTo("Complete");
    assertThat(read("/facts?subject=PORT").path("facts").get(0).path("target").asText())
        .isEqualTo("Ines Calder");
    HttpResponse<String> elsewhere = ask("GET", "/api/v1/namespaces/default/models", token);
    assertThat(elsewhere.statusCode()).isEqualTo(403);
    assertThat(elsewhere.body()).contains("may not list models in namespace default");
    assertThat(ask("GET", "/api/v1/namespaces/%27%20or%201=1/models", token).statusCode())
        .isEqualTo(400);
    for (String page : List.of("/q/openapi", "/q/swagger-ui/")) {
      assertThat(ask("GET", page, token).statusCode()).as(page).isEqualTo(200);
    }
    assertThat(ask("GET", "/q/openapi", token).body())
        .contains("/api/v1/namespaces/{namespace}/facts", "/editjobs/{editJob}/progress");
  }

  static Stream<String> parameters() {
    return Stream.of(
        "/facts?subject=",
        "/facts?target=",
        "/facts?subject=port&target=",
        "/facts?subject=port&model=",
        "/facts?subject=port&editJob=",
        "/facts?subject=port&after=",
        "/facts?subject=port&limit=",
        "/editjobs?model=",
        "/editjobs?limit=",
        "/models/",
        "/models/world/versions/",
        "/models/world/diff?to=v1&from=",
        "/models/world/diff?from=v0&to=",
        "/models/world/diff?from=v0&to=v1&limit=",
        "/editjobs/NAME/progress");
  }

  @ParameterizedTest
  @MethodSource("parameters")
  void whatIsAskedIsATextAndNothingElse(String path) throws SQLException {
    runtime.turn();
    var before = Tables.of(database);
    for (String attack : ATTACKS) {
      String text = URLEncoder.encode(attack, StandardCharsets.UTF_8).replace("+", "%20");
      String whole = path.contains("NAME") ? path.replace("NAME", text) : path + text;
      HttpResponse<String> answer = ask("GET", "/api/v1/namespaces/" + namespace + whole, token);
      // Found nothing, or refused: never an error of the program, never a row.
      assertThat(answer.statusCode()).as(whole + " " + answer.body()).isIn(200, 400, 404);
      assertThat(answer.body()).as(whole).doesNotContain("Calder").doesNotContain("Exception");
    }
    assertThat(Tables.of(database)).isEqualTo(before);
  }

  @Test
  void noRouteIsOpenButHealthMetricsAndTheConsolesPage() {
    List<String> paths =
        router.getRoutes().stream()
            .map(route -> route.getPath())
            .filter(path -> path != null && path.startsWith("/"))
            .map(path -> path.replaceAll(":[A-Za-z]+", "x").replace("*", "x"))
            .distinct()
            .toList();
    assertThat(paths).isNotEmpty();
    List<String> ours =
        List.of("/api/v1/rebuild", "/api/v1/namespaces/" + namespace + "/facts", "/q/openapi");
    for (String path : Stream.concat(paths.stream(), ours.stream()).toList()) {
      for (String method : List.of("GET", "POST", "PUT", "DELETE", "OPTIONS")) {
        if (OPEN.matcher(path).matches()) {
          continue;
        }
        int status = ask(method, path, null).statusCode();
        assertThat(status).as(method + " " + path).isEqualTo(401);
        assertThat(ask(method, path, "nobody.s.token").statusCode())
            .as(method + " " + path)
            .isEqualTo(401);
      }
    }
  }
}
