package dev.errata.operator.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.Model;
import dev.errata.api.WorkerReport;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.ModelStatus;
import dev.errata.api.resource.Reason;
import dev.errata.api.resource.Stage;
import dev.errata.operator.Fixtures;
import dev.errata.operator.decide.ChildView.State;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ModelDeciderTest {
  private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
  private static final Map<String, ChildView> NONE = Map.of();

  /** A Model that is imported and serves v2, with a wish for what it is to serve or without. */
  private static Model ready(String wish) {
    Model model = Fixtures.model(wish == null ? "" : "current: " + wish);
    model.getMetadata().setGeneration(3L);
    model.setStatus(
        new ModelStatus(
            3L,
            "Qwen3",
            123L,
            "v2",
            "v2",
            "sha256:b",
            new Conditions(null, 3L, NOW.minusSeconds(60))
                .set(ConditionType.Ready, true, Reason.Imported, Reason.Imported.meaning())
                .list()));
    return model;
  }

  private static Map<String, ChildView> task(String name, State state, PodView... pods) {
    return task(name, state, NOW.minusSeconds(60), pods);
  }

  private static Map<String, ChildView> task(
      String name, State state, Instant ended, PodView... pods) {
    return Map.of(
        name,
        new ChildView(
            "c-" + name,
            null,
            0,
            null,
            state,
            false,
            1,
            state == State.Complete ? 1 : 0,
            0,
            state == State.Active ? null : ended,
            state == State.Failed ? "Job c failed" : null,
            List.of(pods)));
  }

  private static PodView pod(String waiting, Integer code, String message) {
    return new PodView(
        "p-0",
        NOW,
        false,
        "Pending",
        null,
        waiting,
        waiting == null ? null : "words",
        code,
        message);
  }

  private static PodView told(Stage stage, String version) {
    WorkerReport report =
        new WorkerReport(
            stage,
            "Published",
            null,
            version,
            null,
            version,
            "v2",
            "sha256:b",
            10L,
            null,
            null,
            null,
            null,
            "Qwen3",
            123L);
    return pod(null, 0, report.json());
  }

  private static Arguments of(
      String name, Model model, Map<String, ChildView> children, String... expected) {
    return Arguments.of(name, model, children, List.of(expected));
  }

  static Stream<Arguments> cases() {
    Model fresh = Fixtures.model();
    return Stream.of(
        of("new", fresh, NONE, "start import", "Ready=False/Importing", "note Importing"),
        of("is imported", fresh, task("import", State.Active)),
        of(
            "its image is missing",
            fresh,
            task("import", State.Active, pod("ImagePullBackOff", null, null)),
            "Ready=False/ImageUnavailable",
            "note ImageUnavailable"),
        of(
            "imported",
            fresh,
            task("import", State.Complete, told(Stage.Import, "v0")),
            "Ready=True/Imported",
            "publish v0",
            "note Imported"),
        of(
            "no checkpoint there",
            fresh,
            task("import", State.Failed, pod(null, 2, "errata: spec.source.uri: nothing there")),
            "Ready=False/BadInput",
            "note BadInput"),
        of(
            "failed, of its pods nothing is seen yet",
            fresh,
            task("import", State.Failed, NOW),
            "again"),
        of(
            "failed, its pods are gone",
            fresh,
            task("import", State.Failed),
            "Ready=False/BackoffLimitExceeded",
            "note BackoffLimitExceeded"),
        of(
            "what the import told is lost: it tells again",
            fresh,
            task("import", State.Complete),
            "remove c-import",
            "again"),
        of("no wish", ready(null), NONE, "Ready=True/Imported"),
        of(
            "serves what is wished for",
            ready("v2"),
            NONE,
            "Ready=True/Imported",
            "Promoted=True/Promoted"),
        of(
            "another version is wished for",
            ready("v1"),
            NONE,
            "start promote-g3",
            "Ready=True/Imported",
            "Promoted=False/Promoting"),
        of(
            "the pointer has moved",
            ready("v1"),
            task("promote-g3", State.Complete, told(null, "v1")),
            "Ready=True/Imported",
            "Promoted=True/Promoted",
            "publish v1",
            "note Promoted"),
        of(
            "an earlier wish was fulfilled",
            ready("v1"),
            task("promote-g2", State.Complete, told(null, "v1")),
            "start promote-g3",
            "Ready=True/Imported",
            "Promoted=False/Promoting"),
        of(
            "there is no such version",
            ready("v9"),
            task("promote-g3", State.Failed, pod(null, 2, "errata: world has no version v9")),
            "Ready=True/Imported",
            "Promoted=False/PromotionFailed",
            "note PromotionFailed"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void decides(String name, Model model, Map<String, ChildView> children, List<String> expected) {
    ModelDecision decision = ModelDecider.decide(model, children, NOW);
    assertThat(summary(decision)).containsExactlyInAnyOrderElementsOf(expected);
    // An operator that dies before it writes the status decides the same again.
    assertThat(ModelDecider.decide(model, children, NOW)).isEqualTo(decision);
  }

  private static List<String> summary(ModelDecision d) {
    List<String> words = new ArrayList<>();
    d.status().conditions().forEach(c -> words.add(c.type() + "=" + c.status() + "/" + c.reason()));
    Optional.ofNullable(d.start()).ifPresent(task -> words.add("start " + task.name()));
    Optional.ofNullable(d.publication()).ifPresent(p -> words.add("publish " + p.version()));
    d.remove().forEach(child -> words.add("remove " + child));
    d.notes().forEach(note -> words.add("note " + note.reason()));
    Optional.ofNullable(d.again()).ifPresent(v -> words.add("again"));
    return words;
  }
}
