package dev.errata.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.errata.api.EditJob;
import dev.errata.api.meter.Meters;
import dev.errata.api.resource.Stage;
import dev.errata.api.validation.Manifests;
import dev.errata.broker.Broker;
import dev.errata.collector.Collector;
import dev.errata.operator.load.OperatorProcess;
import dev.errata.tracing.JobTrace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Dashboards and rules ask for what there is: a real edit by the operator's and the worker's own
 * programs, a real broker, a real Prometheus that scrapes both; of the cluster only kubelets are
 * played.
 */
class MonitoringIT {
  private static final Path MONITORING = Path.of("../deploy/monitoring");
  private static final Pattern METRIC = Pattern.compile("\\b(?:errata|agroal|jvm)_[a-z0-9_]+\\b");
  private static final String JOB = "twelve-facts";
  private static final List<Stage> EDITING =
      List.of(Stage.Statistics, Stage.Values, Stage.Update, Stage.Evaluate, Stage.Publish);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @Test
  void rulesAreRightAndFireWhenTheyShould() throws Exception {
    Prometheus.require();
    Prometheus.promtool(MONITORING, null, "check", "rules", "rules.yaml");
    Prometheus.promtool(MONITORING, null, "test", "rules", "rules-test.yaml");
  }

  @Test
  void everyAlertSaysHowBadItIsAndWhatToDo() throws IOException {
    String runbook = Files.readString(Path.of("../docs/runbooks/alerts.md"));
    String tests = Files.readString(MONITORING.resolve("rules-test.yaml"));
    for (JsonNode rule : rules()) {
      String name = rule.path("alert").asText();
      assertThat(rule.at("/labels/severity").asText()).isIn("critical", "warning", "info");
      assertThat(rule.at("/annotations/summary").asText()).as(name).isNotEmpty();
      assertThat(runbook).contains("\n## " + name + "\n");
      assertThat(rule.at("/annotations/runbook").asText())
          .isEqualTo("docs/runbooks/alerts.md#" + name.toLowerCase(java.util.Locale.ROOT));
      assertThat(tests).contains("name: " + name + "\n", "name: " + name + " is quiet\n");
    }
  }

  private static List<JsonNode> rules() throws IOException {
    JsonNode file =
        new ObjectMapper(new YAMLFactory()).readTree(MONITORING.resolve("rules.yaml").toFile());
    List<JsonNode> rules = new ArrayList<>();
    file.path("groups").forEach(group -> group.path("rules").forEach(rules::add));
    return rules;
  }

  /** Queries by the title of their panel. */
  private static Map<String, String> queries(String dashboard) throws IOException {
    Map<String, String> queries = new LinkedHashMap<>();
    JsonNode panels = JSON.readTree(MONITORING.resolve(dashboard).toFile()).path("panels");
    for (JsonNode panel : panels) {
      for (JsonNode target : panel.path("targets")) {
        String name = panel.path("title").asText() + " " + target.path("refId").asText();
        queries.put(dashboard + ": " + name, target.path("expr").asText());
      }
    }
    return queries;
  }

  @Test
  void everyPanelShowsARealEdit() throws Exception {
    Prometheus.require();
    RealCluster cluster = RealCluster.get();
    String missing = "no worker program: mvn package builds worker and operator";
    if (!WorkerProgram.built() && "required".equals(System.getenv("ERRATA_PROMETHEUS"))) {
      throw new IllegalStateException(missing);
    }
    Assumptions.assumeTrue(WorkerProgram.built(), missing);
    Scene scene = Scene.of(cluster, "monitoring");
    int management = Prometheus.freePort();
    int metrics = Prometheus.freePort();
    WorkerProgram worker = new WorkerProgram(cluster.admin(), folder);
    copy(Path.of("../src/lab/models/qwen3"), worker.store().resolve("base"));
    Files.copy(Path.of("../deploy/samples/demo-text.txt"), worker.store().resolve("demo-text.txt"));
    Instant begin = Instant.now();
    try (Broker broker = Broker.open();
        Collector collector = new Collector();
        OperatorProcess operator =
            OperatorProcess.start(
                cluster.kubeconfig(),
                folder.resolve("operator.log"),
                Map.of(
                    "ERRATA_NAMESPACES", scene.namespace(),
                    "ERRATA_KAFKA_BOOTSTRAP", broker.bootstrap(),
                    "ERRATA_TRACING_ENDPOINT", collector.endpoint(),
                    "ERRATA_WORKER_METRICS_PORT", String.valueOf(metrics),
                    "ERRATA_REGISTRY_DATABASE_URL",
                        "jdbc:h2:mem:registry;DB_CLOSE_DELAY=-1;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE",
                    "QUARKUS_MANAGEMENT_PORT", String.valueOf(management)));
        Prometheus prometheus =
            Prometheus.start(folder, scrapes(scene.namespace(), management, metrics));
        PodPlayer pods = new PodPlayer(cluster.admin(), scene.namespace())) {
      pods.script(scene.namespace(), "world", worker::run);
      pods.script(scene.namespace(), JOB, worker::run);
      URI asked = URI.create("http://127.0.0.1:" + management + "/q/metrics");
      soon().until(() -> Prometheus.get(asked).contains("errata_leader 1.0"));
      scene.model();
      EditJob job = cluster.admin().resource(job(scene.namespace())).create();
      URI worked = URI.create("http://127.0.0.1:" + metrics + "/metrics");
      String[] last = {""};
      soon()
          .until(
              () -> {
                last[0] = Prometheus.get(worked);
                return last[0].contains("errata_worker_value_loss");
              });
      scene.awaitPublished(job);
      soon().untilAsserted(() -> assertTraced(collector, job));
      String quality = Meters.MODEL_QUALITY.scraped() + "{figure=\"score\",pointer=\"latest\"}";
      soon().until(() -> shows(prometheus, quality, begin));
      String ended = "sum(increase(errata_editjobs_finished_total{result=\"Complete\"}[1h])) > 0";
      soon().until(() -> shows(prometheus, ended, begin));
      Prometheus.promtool(folder, own(Prometheus.get(asked)), "check", "metrics");
      Prometheus.promtool(folder, own(last[0]), "check", "metrics");
      assertThat(operator.alive()).isTrue();
      assertScraped(prometheus);
      assertPanels(prometheus, scene.namespace(), begin);
    } catch (Exception | AssertionError e) {
      tell(worker.log());
      tell(folder.resolve("operator.log"));
      throw e;
    }
  }

  /** One trace of two programs: the job, below it its stages, below each its worker's work. */
  private static void assertTraced(Collector collector, EditJob job) {
    JobTrace trace = new JobTrace(job.getMetadata().getUid());
    Map<String, Collector.Received> told =
        collector.received().stream()
            .filter(span -> span.trace().equals(trace.traceId()))
            .collect(Collectors.toMap(Collector.Received::id, span -> span, (one, again) -> again));
    Collector.Received root = told.get(trace.root());
    assertThat(root.service()).isEqualTo("errata-operator");
    assertThat(root.name()).isEqualTo("EditJob");
    assertThat(root.attributes()).containsEntry("errata.version", "v1");
    for (Stage stage : EDITING) {
      Collector.Received queued = told.get(trace.stage(stage, 0));
      assertThat(queued.service()).isEqualTo("errata-operator");
      assertThat(queued.parent()).isEqualTo(root.id());
      Collector.Received work =
          told.values().stream()
              .filter(span -> span.name().equals(stage + " worker 0"))
              .findFirst()
              .orElseThrow();
      assertThat(work.service()).isEqualTo("errata-worker");
      assertThat(work.parent()).isEqualTo(queued.id());
      assertThat(told.values())
          .filteredOn(span -> span.parent().equals(work.id()))
          .isNotEmpty()
          .allSatisfy(span -> assertThat(span.service()).isEqualTo("errata-worker"));
    }
    assertThat(told.values()).noneMatch(Collector.Received::error);
  }

  private static void assertScraped(Prometheus prometheus) throws IOException {
    List<String> names = prometheus.names();
    for (Meters meter : Meters.values()) {
      String suffix = meter.kind() == Meters.Kind.TIMER ? "_bucket" : "";
      assertThat(names).contains(meter.scraped() + suffix);
    }
    Set<String> asked = new TreeSet<>();
    Stream<String> rules = rules().stream().map(rule -> rule.path("expr").asText());
    Stream<String> panels =
        Stream.concat(
            queries("fleet.json").values().stream(), queries("model.json").values().stream());
    for (String query : Stream.concat(rules, panels).collect(Collectors.toList())) {
      Matcher found = METRIC.matcher(query);
      while (found.find()) {
        asked.add(found.group());
      }
    }
    assertThat(asked).hasSizeGreaterThan(30);
    assertThat(names).containsAll(asked);
  }

  private static void assertPanels(Prometheus prometheus, String namespace, Instant begin)
      throws IOException {
    Map<String, String> all = queries("fleet.json");
    all.putAll(queries("model.json"));
    List<String> empty = new ArrayList<>();
    for (var one : all.entrySet()) {
      String query =
          one.getValue()
              .replace("$__rate_interval", "10s")
              .replace("$namespace", namespace)
              .replace("$model", "world");
      if (!shows(prometheus, query, begin)) {
        empty.add(one.getKey() + ": " + query);
      }
    }
    assertThat(empty).as("queries of panels that show nothing").isEmpty();
  }

  /** Whether a query gives at least one number since then. */
  private static boolean shows(Prometheus prometheus, String query, Instant since)
      throws IOException {
    JsonNode answer = prometheus.range(query, since, Instant.now());
    assertThat(answer.path("status").asText()).as("%s: %s", query, answer).isEqualTo("success");
    for (JsonNode series : answer.at("/data/result")) {
      for (JsonNode value : series.path("values")) {
        if (Double.isFinite(Double.parseDouble(value.get(1).asText().replace("Inf", "Infinity")))) {
          return true;
        }
      }
    }
    return false;
  }

  /** Errata's own part of a scrape; what libraries call theirs is not ours to mend. */
  private static String own(String scrape) {
    return scrape
            .lines()
            .filter(line -> line.matches("(# (HELP|TYPE) )?errata_.*"))
            .collect(Collectors.joining("\n"))
        + "\n";
  }

  private static String scrapes(String namespace, int management, int metrics) {
    return """
        global: {scrape_interval: 1s}
        scrape_configs:
          - job_name: operator
            metrics_path: /q/metrics
            static_configs:
              - targets: ['127.0.0.1:%d']
                labels: {namespace: errata, pod: errata-operator-0}
          - job_name: workers
            static_configs:
              - targets: ['127.0.0.1:%d']
                labels: {namespace: %s, pod: worker-0, model: world}
        """
        .formatted(management, metrics, namespace);
  }

  /** Real facts about the world that the model knows; JSON is YAML. */
  private static EditJob job(String namespace) throws IOException {
    StringBuilder text =
        new StringBuilder(
            """
            apiVersion: errata.dev/v1alpha1
            kind: EditJob
            metadata: {name: twelve-facts}
            spec:
              model: world
              from: Base
              method: {type: MEMIT}
              statistics: {corpus: Self}
              evaluation: {text: demo-text.txt}
              facts:
                inline:
            """);
    try (Stream<String> lines = Files.lines(Path.of("../deploy/samples/demo-facts.jsonl"))) {
      lines.limit(12).forEach(line -> text.append("      - ").append(line).append('\n'));
    }
    EditJob job = (EditJob) Manifests.read(text.toString(), "twelve-facts.yaml").get(0);
    job.getMetadata().setNamespace(namespace);
    return job;
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  private static org.awaitility.core.ConditionFactory soon() {
    return Awaitility.await()
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions();
  }

  private static void tell(Path log) {
    try {
      if (Files.exists(log)) {
        System.err.println(log.getFileName() + ":\n" + Files.readString(log));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
