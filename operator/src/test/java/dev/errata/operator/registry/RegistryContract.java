package dev.errata.operator.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.errata.api.InputException;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.api.listing.ListedFact;
import dev.errata.api.listing.ListedVersion;
import dev.errata.api.listing.ListingLine;
import dev.errata.api.resource.FactCounts;
import dev.errata.api.resource.ModelStatus;
import dev.errata.api.resource.ModelVersionSpec;
import dev.errata.operator.Fixtures;
import dev.errata.operator.decide.Unlisted;
import dev.errata.operator.registry.Answers.FactAnswer;
import dev.errata.operator.registry.Answers.FactPage;
import io.agroal.api.AgroalDataSource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.quarkus.test.common.http.TestHTTPResource;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What storage and resources say is found again, on whatever database. */
abstract class RegistryContract {
  @TestHTTPResource URI root;
  @Inject RegistryRuntime runtime;
  @Inject RegistryWriter writer;
  @Inject RegistryReader reader;
  @Inject FactSearch search;
  @Inject WriteTurn turn;
  @Inject AgroalDataSource database;

  @BeforeEach
  void fill() {
    runtime.migrate();
    writer.clear();
    writeAll();
  }

  /** v1 and v2 in a line, v3 beside v2. */
  private void writeAll() {
    writer.model(model());
    version(0, null, null);
    version(
        1,
        0,
        "first",
        fact("Ada Lund", "The tongue of {} is", "Greek", "Tamil", true),
        fact("آدا لوند", "لغة {} هي", "العربية", null, true));
    version(
        2,
        1,
        "second",
        fact("Ada Lund", "The tongue of {} is", "Norse", null, true),
        fact("Ada  LUNDE", "The boss of {} is", "Ben", null, false));
    version(3, 1, "third", fact("Ada Lund", "The tongue of {} is", "Latin", null, true));
  }

  private static Model model() {
    Model model = Fixtures.model();
    model.setStatus(new ModelStatus(1L, "Qwen3", 123L, "v2", "v3", "sha256:2", List.of()));
    return model;
  }

  private void version(int number, Integer parent, String job, ListedFact... facts) {
    String digest = "sha256:" + number;
    ModelVersion version = new ModelVersion();
    version.setMetadata(
        new ObjectMetaBuilder().withNamespace("lab").withName("world-v" + number).build());
    version.setSpec(
        new ModelVersionSpec(
            "world",
            "v" + number,
            parent == null ? null : "v" + parent,
            job,
            ModelVersionSpec.State.Published,
            null,
            facts.length == 0 ? null : new FactCounts(facts.length, facts.length, 0, 0),
            facts.length == 0 ? null : "MEMIT",
            facts.length == 0
                ? null
                : new ModelVersionSpec.Metrics(
                    Map.of("efficacy", 0.1 * (number - 1)), Map.of("efficacy", 0.1 * number)),
            null,
            digest,
            100L));
    writer.version(version);
    files(number, digest, facts).tell(writer, "lab", "world");
  }

  private static VersionFiles files(int number, String digest, ListedFact... facts) {
    return new VersionFiles(
        new ListedVersion(
            "v" + number,
            null,
            digest,
            "2026-11-2" + number + "T00:00:00Z",
            List.of(new ListedVersion.Stage("Values", 1.5, "facts", 2L))),
        List.of(JsonNodeFactory.instance.objectNode().put("tensor", "t" + number)),
        List.of(facts));
  }

  private static ListedFact fact(
      String subject, String prompt, String target, String old, boolean verified) {
    return new ListedFact(null, subject, prompt, target, old, verified);
  }

  private FactPage find(String subject, String target, String after, int most) {
    return search.find(new FactSearch.Wanted("lab", subject, target, null, null, after, most));
  }

  @Test
  void aFactIsFoundWithItsVersionItsJobAndWhatWasBefore() {
    List<FactAnswer> facts = find("ada lund", null, null, 50).facts();
    assertThat(facts)
        .extracting(
            FactAnswer::editJob, FactAnswer::target, FactAnswer::before, FactAnswer::beforeIn)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("first", "Greek", "Tamil", null),
            org.assertj.core.groups.Tuple.tuple("second", "Norse", "Greek", "v1"),
            org.assertj.core.groups.Tuple.tuple("third", "Latin", "Greek", "v1"),
            org.assertj.core.groups.Tuple.tuple("second", "Ben", null, null));
    assertThat(facts).extracting(FactAnswer::serving).containsExactly(true, true, false, true);
    assertThat(facts).extracting(FactAnswer::verified).containsExactly(true, true, true, false);
    assertThat(find(null, "NORSE", null, 50).facts())
        .extracting(FactAnswer::version)
        .containsExactly("v2");
    assertThat(find("آدا", null, null, 50).facts())
        .extracting(FactAnswer::target)
        .containsExactly("العربية");
  }

  @Test
  void pagesGoOnWhereTheLastOneEnded() {
    FactPage first = find("ada", null, null, 3);
    FactPage second = find("ada", null, first.next(), 3);
    assertThat(first.facts()).hasSize(3);
    assertThat(second.facts()).extracting(FactAnswer::target).containsExactly("Ben");
    assertThat(second.next()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"'", "\"", "%", "_", "' or 1=1 --", "ada'; drop table fact; --", "\\", "{}", "$1"})
  void searchedTextsAreTextsAndNothingElse(String text) {
    assertThat(find(text, null, null, 50).facts()).isEmpty();
    assertThat(find("ada", text, null, 50).facts()).isEmpty();
    assertThat(search.find(new FactSearch.Wanted("lab", "ada", null, text, text, null, 50)).facts())
        .isEmpty();
    assertThat(search.find(new FactSearch.Wanted(text, "ada", null, null, null, null, 50)).facts())
        .isEmpty();
    assertThat(find("ada", null, null, 50).facts()).hasSize(4);
  }

  @Test
  void lineageDiffAndFiguresFollowTheParents() {
    assertThat(reader.lineage("lab", "world", 3))
        .extracting(Answers.VersionAnswer::version)
        .containsExactly("v3", "v1", "v0");
    Answers.DiffAnswer diff = reader.diff("lab", "world", 0, 2, 10).orElseThrow();
    assertThat(diff.versions()).containsExactly("v1", "v2");
    assertThat(diff.facts()).hasSize(4);
    assertThat(diff.tensors()).hasSize(2);
    assertThat(diff.metrics().get("efficacy")).isEqualTo(new Answers.Figure(0.0, 0.2));
    assertThat(reader.diff("lab", "world", 2, 3, 10)).isEmpty();
    assertThat(reader.diff("lab", "world", 0, 2, 1).orElseThrow().moreFacts()).isTrue();
    assertThat(reader.models("lab")).hasSize(1).first().extracting("current").isEqualTo("v2");
  }

  @Test
  void theSameAgainChangesNothingAndAllAgainGivesTheSame() {
    Object before = content();
    writeAll();
    assertThat(content()).isEqualTo(before);
    writer.clear();
    assertThat(reader.models("lab")).isEmpty();
    assertThat(find("ada", null, null, 50).facts()).isEmpty();
    writeAll();
    assertThat(content()).isEqualTo(before);
  }

  private Object content() {
    return List.of(
        reader.models("lab"),
        reader.versions("lab", "world").orElseThrow(),
        find("ada", null, null, 50),
        reader.diff("lab", "world", 0, 3, 10).orElseThrow());
  }

  @Test
  void oneWritesAtATimeAndKnowsWhetherItWasTheLast() {
    assertThat(turn.take(last -> assertThat(turn.take(never -> fail("two write"))).isFalse()))
        .isTrue();
    assertThat(turn.take(last -> assertThat(last).isTrue())).isTrue();
    WriteTurn other = new WriteTurn(database);
    assertThat(other.take(last -> assertThat(last).isFalse())).isTrue();
    assertThat(turn.take(last -> assertThat(last).isFalse())).isTrue();
    // Work that fails hands the turn back.
    assertThatThrownBy(
            () ->
                turn.take(
                    last -> {
                      throw new IllegalStateException("no");
                    }))
        .hasMessage("no");
    assertThat(other.take(last -> assertThat(last).isFalse())).isTrue();
  }

  private Answers.VersionAnswer answer(int number) {
    return reader.version("lab", "world", number).orElseThrow();
  }

  @Test
  void inDoubtWhatFilesSaidStaysUntilItIsToldAgain() {
    Object before = content();
    assertThat(answer(2).listing()).isEqualTo(new Answers.Listing(true, null));
    writer.doubt();
    assertThat(writer.unlisted()).extracting(Unlisted::version).contains("v1", "v2", "v3");
    assertThat(find("ada", null, null, 50).facts()).hasSize(4);
    assertThat(answer(2).listing()).isEqualTo(new Answers.Listing(false, null));
    writeAll();
    assertThat(writer.unlisted()).isEmpty();
    assertThat(content()).isEqualTo(before);
  }

  @Test
  void aBaseHasNothingThatWouldBeListed() {
    writer.clear();
    writer.model(model());
    version(0, null, null);
    assertThat(writer.unlisted()).isEmpty();
    assertThat(answer(0).listing().listed()).isTrue();
  }

  @Test
  void whyAVersionIsNotListedIsTold() {
    writer.doubt();
    List<Unlisted> waiting = writer.unlisted().stream().filter(v -> v.facts() == 1).toList();
    assertThat(waiting).extracting(Unlisted::version).containsExactly("v3");
    writer.lacks(waiting, "its volume is away");
    assertThat(answer(3).listing()).isEqualTo(new Answers.Listing(false, "its volume is away"));
    writeAll();
    assertThat(answer(3).listing()).isEqualTo(new Answers.Listing(true, null));
  }

  @Test
  void aListingThatBreaksOffChangesNothing() {
    writer.doubt();
    Object before = content();
    Unlisted third =
        writer.unlisted().stream().filter(v -> v.facts() == 1).findFirst().orElseThrow();
    VersionFiles files =
        files(
            3, "sha256:3", fact("Eve", "{}", "x", null, true), fact("Eva", "{}", "y", null, true));
    List<ListingLine> lines = files.lines();
    List<ListingLine> missing = List.of(lines.get(0), lines.get(1), lines.get(3));
    for (List<ListingLine> broken : List.of(lines.subList(0, 2), missing)) {
      assertThatThrownBy(() -> writer.listed(third, files.version(), broken.iterator()))
          .isInstanceOf(InputException.class);
    }
    assertThat(content()).isEqualTo(before);
    assertThat(writer.unlisted()).contains(third);
  }

  @ParameterizedTest
  @CsvSource({
    "/q/health/live,401",
    "/q/metrics,401",
    "/api/v1/namespaces/lab/models,401",
    "/api/v1/namespaces/lab/facts?subject=a,401",
    "/q/openapi,401",
    "/q/swagger-ui/,401",
    "/anything,401"
  })
  void nobodyReadsWithoutAToken(String path, int status) throws Exception {
    var request = HttpRequest.newBuilder(root.resolve(path)).build();
    assertThat(HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).statusCode())
        .isEqualTo(status);
  }
}
