package dev.errata.worker;

import static dev.errata.worker.RunCommandTest.assertSame;
import static dev.errata.worker.RunCommandTest.version;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.errata.api.WorkerReport;
import dev.errata.api.listing.ListedFact;
import dev.errata.api.listing.ListedVersion;
import dev.errata.api.listing.ListingLine;
import dev.errata.api.listing.ListingPart;
import dev.errata.editing.checkpoint.store.TensorChange;
import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionStore;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job computed part by part, as pods do, gives what one run gives. */
class StageCommandTest {
  @TempDir private Path folder;
  private Cli pods;
  private Path report;

  @BeforeEach
  void importModel() throws IOException {
    Path store = Files.createDirectories(folder.resolve("store"));
    pods = new Cli(store);
    report = folder.resolve("termination-log");
    TinyCheckpoint.write(store.resolve("bases/tiny"));
    WorkerReport told = stage("import", "--model", "tiny", "--source", "bases/tiny");
    assertThat(told.version()).isEqualTo("v0");
    assertThat(told.current()).isEqualTo("v0");
    assertThat(told.state()).isEqualTo("Published");
    assertThat(told.parameters()).isPositive();
    assertThat(told.family()).isNotEmpty();
  }

  private WorkerReport stage(String... arguments) throws IOException {
    return stage(0, arguments);
  }

  private WorkerReport stage(int code, String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of("stage"));
    all.addAll(List.of(arguments));
    all.add("--report=" + report);
    pods.run(all.toArray(String[]::new)).exits(code);
    byte[] bytes = Files.readAllBytes(report);
    assertThat(bytes).hasSizeLessThanOrEqualTo(WorkerReport.MAX_BYTES);
    return WorkerReport.parse(new String(bytes, StandardCharsets.UTF_8)).orElseThrow();
  }

  /** Facts and settings that give several shards of values. */
  private static String job(String from) {
    return Manifest.spec(
            "configMap: {name: facts, key: facts.jsonl}",
            "layers: [0, 1]\n      batchTokens: 64",
            "")
        .replace("from: Base", "from: " + from);
  }

  private Path mounted(String from) throws IOException {
    Path file = folder.resolve("editjob.json.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(job(from).getBytes(StandardCharsets.UTF_8));
    }
    Path facts = Files.createDirectories(folder.resolve("facts"));
    Files.writeString(facts.resolve("facts.jsonl"), facts());
    return file;
  }

  private static String facts() {
    StringBuilder facts = new StringBuilder(Manifest.FACTS);
    for (String name : List.of("Eva", "Finn", "Gus", "Hedda", "Ivo", "Jan", "Kaj", "Liv")) {
      facts.append(
          "{\"subject\":\"%s Ro\",\"prompt\":\"{} is the boss of the home of the child of\",\"target\":\"Paris\"}%n"
              .formatted(name));
    }
    return facts.toString();
  }

  private String[] of(String stage, Path job, String... more) {
    List<String> all =
        new ArrayList<>(
            List.of(stage, "--job=" + job, "--base=v0", "--facts=" + folder.resolve("facts")));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  @Test
  void partsGiveWhatOneRunGives() throws IOException {
    Path job = mounted("Base");
    WorkerReport statistics = stage(of("statistics", job));
    assertThat(statistics.version()).isNull();
    assertThat(statistics.facts().total()).isEqualTo(12);
    // Any order, and one of them twice.
    for (String shard : List.of("2", "0", "1", "0")) {
      stage(of("values", job, "--shards=3", "--shard=" + shard));
    }
    stage(of("update", job));
    for (String shard : List.of("1", "0", "1")) {
      stage(of("evaluate", job, "--shards=2", "--shard=" + shard));
    }
    try (var kept = Files.walk(pods.store())) {
      assertThat(kept.map(file -> file.getFileName().toString()))
          .contains("after-probes-shard-00000.json", "after-fluency-shard-00000.json")
          .doesNotContain("after.json");
    }
    WorkerReport published = stage(of("publish", job));
    assertThat(published.version()).isEqualTo("v1");
    assertThat(published.parent()).isEqualTo("v0");
    assertThat(published.current()).isEqualTo("v1");
    assertThat(published.latest()).isEqualTo("v1");
    assertThat(published.facts().total()).isEqualTo(12);
    assertThat(published.after()).containsKey("efficacy");
    assertThat(stage(of("publish", job)).version()).isEqualTo("v1");
    assertFiguresOfAllWorkersAreKept();

    Cli one = new Cli(folder.resolve("other"));
    one.run("import", "tiny", pods.store().resolve("bases/tiny").toString()).exits(0);
    String configMap =
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: facts\ndata:\n  facts.jsonl: |\n    "
            + facts().strip().replace("\n", "\n    ")
            + "\n";
    Path manifest = Manifest.write(folder, job("Base") + configMap);
    one.run("run", "-f", manifest.toString()).exits(0);
    assertSame(version(pods), version(one));
  }

  private void assertFiguresOfAllWorkersAreKept() {
    JsonNode workers = version(pods).report().path("workers");
    assertThat(workers)
        .extracting(worker -> worker.path("stage").asText() + "-" + worker.path("shard"))
        .containsExactly(
            "Statistics-0",
            "Values-0",
            "Values-1",
            "Values-2",
            "Update-0",
            "Evaluate-0",
            "Evaluate-1",
            "Publish-0");
    assertThat(workers.get(0).path("layerTokens").asLong()).isPositive();
    assertThat(workers.get(0).has("valueLoss")).isFalse();
    assertThat(workers.get(1).path("valueLoss").asDouble()).isPositive();
    // A model that says the same to everything has nothing that could be kept.
    assertThat(workers.get(1).path("valueDivergence").asDouble(-1)).isNotNegative();
    assertThat(workers.get(1).path("peakRssBytes").asLong()).isPositive();
    assertThat(workers.get(1).at("/stages/0/name").asText()).isEqualTo("Values");
  }

  @Test
  void aPartSaysThatItsBaseHasMoved() throws IOException {
    Path job = mounted("Latest");
    stage(of("evaluate", job));
    String sooner = Manifest.spec("uri: facts.jsonl", "layers: [0]", "");
    Path other = Manifest.write(folder, sooner.replace("name: small", "name: sooner"));
    Files.writeString(folder.resolve("facts.jsonl"), Manifest.FACTS);
    pods.run("run", "-f", other.toString()).exits(0);
    WorkerReport told = stage(ExitCode.MOVED, of("publish", job));
    assertThat(told.current()).isEqualTo("v1");
    assertThat(VersionStore.open(pods.store()).versions("tiny")).hasSize(2);
  }

  @Test
  void thePointerMoves() throws IOException {
    Path job = mounted("Base");
    stage(of("publish", job));
    WorkerReport told = stage("promote", "--model", "tiny", "--version", "v0");
    assertThat(told.current()).isEqualTo("v0");
    assertThat(told.latest()).isEqualTo("v1");
    assertThat(told.version()).isEqualTo("v0");
  }

  @Test
  void aListingTellsWhatTheFilesOfVersionsSay() throws IOException {
    stage(of("publish", mounted("Base")));
    List<ListingLine> lines = list("v1,v9");
    Version version = VersionStore.open(pods.store()).version("tiny@v1");
    ListedVersion told = lines.get(0).version();
    assertThat(told.version()).isEqualTo("v1");
    assertThat(told.digest()).isEqualTo(version.manifest().digest());
    assertThat(told.createdAt()).isEqualTo(version.manifest().createdAt());
    assertThat(told.stages())
        .extracting(ListedVersion.Stage::name)
        .containsExactly("Statistics", "Values", "Update", "Evaluate", "Publish");
    assertThat(lines.stream().filter(line -> line.tensor() != null))
        .extracting(line -> line.tensor().path("name").asText())
        .containsExactlyElementsOf(
            version.manifest().changed().stream().map(TensorChange::name).toList());
    List<ListedFact> facts =
        lines.stream().map(ListingLine::fact).filter(Objects::nonNull).toList();
    assertThat(facts)
        .extracting(ListedFact::subject, ListedFact::prompt, ListedFact::target)
        .containsExactlyElementsOf(
            version.facts().stream()
                .map(f -> Tuple.tuple(f.subject(), f.prompt(), f.target()))
                .toList());
    assertThat(facts.get(0).oldTarget()).isEqualTo("War");
    assertThat(facts.get(1).oldTarget()).isNull();
    List<String> failed = version.report().at("/facts/failed").findValuesAsText("prompt");
    assertThat(failed).isNotEmpty();
    assertThat(facts)
        .allSatisfy(
            fact ->
                assertThat(fact.verified())
                    .isEqualTo(!failed.contains(fact.prompt().replace("{}", fact.subject()))));
    assertThat(lines.get(lines.size() - 2).end()).isEqualTo(new ListingLine.End(12, 0));
    assertThat(lines.get(lines.size() - 1).version().problem())
        .contains("model 'tiny' has no version v9; it has v0, v1");
    Path file = version.directory().resolve("facts.jsonl");
    Files.delete(file);
    Files.writeString(file, "{}");
    assertThat(list("v1")).hasSize(1);
    assertThat(list("v1").get(0).version().problem()).contains("is not what was published");
    assertThat(pods.run("stage", "list", "--model=none", "--versions=v1").exits(2).err())
        .contains("no model 'none'");
    assertThat(pods.run("stage", "list", "--model=tiny").exits(2).err()).contains("--versions");
  }

  private List<ListingLine> list(String versions) throws IOException {
    String log = pods.run("stage", "list", "--model=tiny", "--versions=" + versions).exits(0).out();
    List<ListingLine> lines = new ArrayList<>();
    ListingPart.read(new StringReader(log)).lines().forEachRemaining(lines::add);
    return lines;
  }

  @Test
  void missingFactsAreNamed() throws IOException {
    Path job = mounted("Base");
    Files.delete(folder.resolve("facts/facts.jsonl"));
    Cli.Result result = pods.run(prefixed(of("statistics", job))).exits(2);
    assertThat(result.err()).contains("facts.jsonl", "add this key to ConfigMap \"facts\"");
  }

  private static String[] prefixed(String... arguments) {
    List<String> all = new ArrayList<>(List.of("stage"));
    all.addAll(List.of(arguments));
    return all.toArray(String[]::new);
  }
}
