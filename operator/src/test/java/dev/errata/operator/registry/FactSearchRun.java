package dev.errata.operator.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.api.listing.ListedFact;
import dev.errata.api.listing.ListedVersion;
import dev.errata.api.resource.FactCounts;
import dev.errata.api.resource.ModelStatus;
import dev.errata.api.resource.ModelVersionSpec;
import dev.errata.operator.Fixtures;
import dev.errata.operator.cluster.RealCluster;
import dev.errata.operator.cluster.Tokens;
import io.agroal.api.AgroalDataSource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.quarkus.test.common.TestResourceScope;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * Searches among a million facts on a real PostgreSQL, over HTTP with a token that a real API
 * server reviews. Its name keeps it out of {@code mvn verify}; {@code operator/search} runs it.
 */
@QuarkusTest
@WithTestResource(value = ServersResource.class, scope = TestResourceScope.MATCHING_RESOURCES)
class FactSearchRun {
  private static final int MODELS = 20;
  private static final int IN_VERSION = 5000;
  private static final int MOST_MILLIS = 50;
  private static final String[] FIRST = {
    "Ada", "Lars", "Rosa", "Kenji", "Amina", "Noor", "Priya", "Olu", "Mei", "Juan", "Ines", "Tariq",
    "Siri", "Yusuf", "Greta", "Bao", "Chidi", "Dara", "Emre", "Farah"
  };
  private static final String[] LAST = {
    "Lund", "Almeida", "Hobbs", "Vaughn", "Haddad", "Okafor", "Sharma", "Nguyen", "Kowalski", "Diaz"
  };
  private static final String[] ASKED = {
    "The mother tongue of {} is", "The home town of {} is", "{} works for", "The mayor of {} is"
  };

  private final int facts = Integer.getInteger("search.facts", 1_000_000);
  private final int questions = Integer.getInteger("search.questions", 3000);
  private final Random random = new Random(7);

  @TestHTTPResource URI root;

  @TestHTTPResource(management = true)
  URI management;

  @Inject RegistryRuntime runtime;
  @Inject RegistryWriter writer;
  @Inject AgroalDataSource database;

  private String namespace;
  private String token;

  @Test
  void search() throws Exception {
    RealCluster cluster = RealCluster.get();
    namespace = cluster.namespace("search");
    token = Tokens.reader(cluster.admin(), namespace, "modelversions");
    runtime.migrate();
    writer.clear();
    long from = System.nanoTime();
    fill();
    double seconds = (System.nanoTime() - from) / 1e9;
    tell("facts written a second", facts / seconds);
    try (var connection = database.getConnection();
        var statement = connection.createStatement()) {
      // What PostgreSQL does by itself within minutes.
      statement.execute("vacuum analyze");
      tell("bytes of facts and indexes", bytes("select pg_total_relation_size('fact')"));
    }
    assertThat(ask()).as("p99 of all, ms").isLessThanOrEqualTo(MOST_MILLIS);
  }

  private double bytes(String query) throws SQLException {
    try (var connection = database.getConnection();
        var statement = connection.createStatement();
        var found = statement.executeQuery(query)) {
      found.next();
      return found.getDouble(1);
    }
  }

  private String subject() {
    return FIRST[random.nextInt(FIRST.length)]
        + " "
        + LAST[random.nextInt(LAST.length)]
        + " "
        + random.nextInt(Math.max(1, facts / 400));
  }

  private void fill() {
    int versions = Math.max(1, facts / IN_VERSION / MODELS);
    for (int m = 0; m < MODELS; m++) {
      Model model = Fixtures.model();
      model.getMetadata().setNamespace(namespace);
      model.getMetadata().setName("m" + m);
      model.getMetadata().setUid("uid-" + m);
      model.setStatus(
          new ModelStatus(1L, "Qwen3", 1L, "v" + versions, "v" + versions, "sha256:0", List.of()));
      writer.model(model);
      for (int v = 1; v <= versions; v++) {
        version("m" + m, v);
      }
    }
  }

  private void version(String model, int number) {
    ModelVersion version = new ModelVersion();
    version.setMetadata(
        new ObjectMetaBuilder().withNamespace(namespace).withName(model + "-v" + number).build());
    version.setSpec(
        new ModelVersionSpec(
            model,
            "v" + number,
            "v" + (number - 1),
            model + "-job-" + number,
            ModelVersionSpec.State.Published,
            null,
            new FactCounts(IN_VERSION, IN_VERSION, 0, 0),
            "MEMIT",
            null,
            null,
            "sha256:" + number,
            100L));
    writer.version(version);
    List<ListedFact> written = new ArrayList<>();
    for (int i = 0; i < IN_VERSION; i++) {
      String prompt = ASKED[random.nextInt(ASKED.length)];
      String target = LAST[random.nextInt(LAST.length)] + random.nextInt(1000);
      written.add(new ListedFact(null, subject(), prompt, target, null, null));
    }
    new VersionFiles(
            new ListedVersion(
                "v" + number, null, "sha256:" + number, "2026-11-21T00:00:00Z", List.of()),
            List.of(),
            written)
        .tell(writer, namespace, model);
  }

  /** The p99 of all questions together, in ms. */
  private double ask() throws IOException, InterruptedException {
    String search = "/api/v1/namespaces/" + namespace + "/facts?";
    Map<String, Supplier<String>> kinds = new LinkedHashMap<>();
    kinds.put("a subject", () -> "subject=" + word(subject()));
    kinds.put("how a subject begins", () -> "subject=" + word(part(subject(), 8)));
    kinds.put("one letter", () -> "subject=" + word(part(subject(), 1)));
    kinds.put("a target", () -> "target=" + word(LAST[random.nextInt(LAST.length)] + "7"));
    kinds.put(
        "beginnings of both",
        () -> "subject=" + word(part(subject(), 4)) + "&target=" + word("Hobbs99"));
    kinds.put(
        "a beginning in one model",
        () -> "subject=" + word(part(subject(), 4)) + "&model=m" + random.nextInt(MODELS));
    kinds.put(
        "a beginning in one job",
        () -> "subject=" + word(part(subject(), 4)) + "&editJob=m3-job-" + (1 + random.nextInt(9)));
    HttpClient http = HttpClient.newHttpClient();
    List<String> names = List.copyOf(kinds.keySet());
    Map<String, List<Double>> times = new LinkedHashMap<>();
    names.forEach(name -> times.put(name, new ArrayList<>()));
    List<Double> all = new ArrayList<>();
    List<Double> others = new ArrayList<>();
    for (int i = -questions; i < questions; i++) {
      String name = names.get(Math.floorMod(i, names.size()));
      double millis = millis(http, root.resolve(search + kinds.get(name).get()));
      // The first are those of a program that has just started.
      if (i >= 0) {
        times.get(name).add(millis);
        all.add(millis);
        others.add(millis(http, management.resolve("/q/health/live")));
      }
    }
    times.forEach((what, each) -> tell(what, each));
    tell("all", all);
    tell("for comparison: its health", others);
    return percentile(all, 0.99);
  }

  private static String word(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static String part(String text, int length) {
    return text.substring(0, Math.min(length, text.length())).strip();
  }

  private double millis(HttpClient http, URI place) throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(place).header("Authorization", "Bearer " + token).build();
    long from = System.nanoTime();
    var answer = http.send(request, BodyHandlers.ofString());
    double millis = (System.nanoTime() - from) / 1e6;
    assertThat(answer.statusCode()).as(place + " " + answer.body()).isEqualTo(200);
    return millis;
  }

  private static double percentile(List<Double> values, double share) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.get((int) Math.ceil(share * sorted.size()) - 1);
  }

  private static void tell(String what, double value) {
    System.out.printf(Locale.ROOT, "%-30s %14.0f%n", what, value);
  }

  private void tell(String what, List<Double> times) {
    System.out.printf(
        Locale.ROOT,
        "%-30s %6d questions, p50 %7.2f, p95 %7.2f, p99 %7.2f, most %7.2f ms%n",
        what,
        times.size(),
        percentile(times, 0.5),
        percentile(times, 0.95),
        percentile(times, 0.99),
        percentile(times, 1));
  }
}
