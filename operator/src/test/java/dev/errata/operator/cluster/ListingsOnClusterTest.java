package dev.errata.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.Model;
import dev.errata.api.listing.ListedFact;
import dev.errata.api.listing.ListedVersion;
import dev.errata.api.listing.ListingLine;
import dev.errata.operator.Fixtures;
import dev.errata.operator.assembly.Listings;
import dev.errata.operator.assembly.VersionShelf;
import dev.errata.operator.cluster.PodPlayer.End;
import dev.errata.operator.decide.Unlisted;
import dev.errata.operator.manifest.Installation;
import dev.errata.operator.manifest.Labels;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Versions are listed through a real API server and its Job controller, with the rights that the
 * chart gives the operator; a kubelet that the API server asks for logs is played.
 */
class ListingsOnClusterTest {
  private static final Installation INSTALLATION =
      new Installation("errata/worker:1", null, "errata-store", 10001L);

  private final Shelf shelf = new Shelf();
  private KubernetesClient admin;
  private KubernetesClient operator;
  private PodPlayer pods;
  private String namespace;
  private Model model;
  private Listings listings;
  private Instant now = Instant.now();

  /** A shelf in memory. */
  private static final class Shelf implements VersionShelf {
    private final Map<String, Unlisted> waiting = new LinkedHashMap<>();
    private final Map<String, List<ListedFact>> facts = new ConcurrentHashMap<>();
    private final Map<String, String> lacks = new ConcurrentHashMap<>();

    @Override
    public List<Unlisted> unlisted() {
      return List.copyOf(waiting.values());
    }

    @Override
    public void listed(Unlisted version, ListedVersion told, Iterator<ListingLine> lines) {
      List<ListedFact> all = new ArrayList<>();
      for (ListingLine line = lines.next(); line.end() == null; line = lines.next()) {
        if (line.fact() != null) {
          all.add(line.fact());
        }
      }
      facts.put(version.version(), all);
      waiting.remove(version.version());
      lacks.remove(version.version());
    }

    @Override
    public void lacks(List<Unlisted> versions, String reason) {
      versions.forEach(version -> lacks.put(version.version(), reason));
    }
  }

  @BeforeEach
  void place() {
    RealCluster cluster = RealCluster.get();
    admin = cluster.admin();
    operator = cluster.operator();
    namespace = cluster.namespace("listings");
    pods = new PodPlayer(admin, namespace);
    Model wanted = Fixtures.model();
    wanted.getMetadata().setNamespace(namespace);
    wanted.getMetadata().setUid(null);
    model = admin.resource(wanted).create();
    listings = listings();
  }

  private Listings listings() {
    Clock clock =
        new Clock() {
          @Override
          public ZoneOffset getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(java.time.ZoneId zone) {
            return this;
          }

          @Override
          public Instant instant() {
            return now;
          }
        };
    return new Listings(operator, INSTALLATION, Set.of(namespace), shelf, clock);
  }

  @AfterEach
  void end() {
    pods.close();
    operator.close();
  }

  private void wants(String version, String digest) {
    shelf.waiting.put(
        version,
        new Unlisted(namespace, "world", model.getMetadata().getUid(), version, digest, 10));
  }

  private List<Job> jobs() {
    return admin.batch().v1().jobs().inNamespace(namespace).list().getItems();
  }

  private static ConditionFactory soon() {
    return Awaitility.await().atMost(Duration.ofMinutes(3)).pollInterval(Duration.ofMillis(100));
  }

  private static ListedFact fact(String version, int number, int length) {
    String target = version + " " + number + " ";
    // Texts that do not compress to nothing.
    String filler =
        new java.util.Random(number)
            .ints(length, 'a', 'z' + 1)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    return new ListedFact(null, "Ada " + number, "{} is", target + filler, null, true);
  }

  @Test
  void versionsAreListedByOneJobThatIsGoneSoon() {
    pods.facts(namespace, version -> List.of(fact(version, 1, 3)));
    wants("v1", "sha256:v1");
    wants("v2", "sha256:v2");
    soon()
        .until(
            () -> {
              listings.look();
              return shelf.waiting.isEmpty();
            });
    assertThat(shelf.facts.get("v1")).containsExactly(fact("v1", 1, 3));
    assertThat(shelf.facts.get("v2")).containsExactly(fact("v2", 1, 3));
    assertThat(jobs()).hasSize(1);
    Job job = jobs().get(0);
    assertThat(job.getSpec().getTtlSecondsAfterFinished()).isPositive();
    assertThat(job.hasOwnerReferenceFor(model)).isTrue();
    assertThat(job.getMetadata().getLabels())
        .as("no reconciler takes it for a stage or task")
        .containsKey(Labels.LISTS)
        .doesNotContainKeys(Labels.MODEL, Labels.EDIT_JOB);
    assertThat(listings.look()).isFalse();
    // Another operator with an empty registry reads what is still there.
    wants("v2", "sha256:v2");
    shelf.facts.clear();
    listings().look();
    assertThat(shelf.facts).containsOnlyKeys("v2");
    assertThat(jobs()).hasSize(1);
  }

  @Test
  void whatOneLogDoesNotHoldIsToldByMore() {
    List<ListedFact> many = IntStream.range(0, 50_000).mapToObj(n -> fact("v1", n, 160)).toList();
    pods.facts(namespace, version -> version.equals("v1") ? many : List.of(fact("v2", 1, 3)));
    wants("v1", "sha256:v1");
    wants("v2", "sha256:v2");
    soon()
        .until(
            () -> {
              listings.look();
              return shelf.waiting.isEmpty();
            });
    assertThat(shelf.facts.get("v1")).isEqualTo(many);
    assertThat(shelf.facts.get("v2")).containsExactly(fact("v2", 1, 3));
    assertThat(jobs())
        .extracting(job -> job.getSpec().getCompletions())
        .containsExactlyInAnyOrder(1, 3);
  }

  @Test
  void aVersionOfAnotherStoreIsNotTaken() {
    pods.facts(namespace, version -> List.of(fact(version, 1, 3)));
    wants("v1", "sha256:other");
    wants("v2", "sha256:v2");
    soon()
        .until(
            () -> {
              listings.look();
              return !shelf.waiting.containsKey("v2");
            });
    assertThat(shelf.lacks.get("v1")).contains("another one", "sha256:v1", "sha256:other");
    assertThat(shelf.facts).containsOnlyKeys("v2");
  }

  private void failing(java.util.function.Function<Pod, End> end, String... words) {
    pods.script(namespace, "world", end);
    wants("v1", "sha256:v1");
    soon()
        .untilAsserted(
            () -> {
              listings.look();
              assertThat(shelf.lacks).containsKey("v1");
              assertThat(shelf.lacks.get("v1")).contains(words);
            });
  }

  @Test
  void aFailureIsTriedAgainAfterAWhileAndNotBefore() {
    failing(pod -> End.of(2, "errata: no model 'world'"), "no model 'world'");
    assertThat(listings.look()).isFalse();
    admin.batch().v1().jobs().inNamespace(namespace).delete();
    soon().until(() -> jobs().isEmpty());
    listings.look();
    assertThat(jobs()).isEmpty();
    now = now.plus(Duration.ofMinutes(5));
    pods.script(namespace, "world", pods::wellDone);
    soon()
        .until(
            () -> {
              listings.look();
              return shelf.waiting.isEmpty();
            });
    assertThat(shelf.lacks).isEmpty();
  }

  @Test
  void aLogThatIsNotWholeIsNotTaken() {
    failing(
        pod -> {
          End whole = pods.wellDone(pod);
          return new End(whole.statuses(), whole.log().replace("errata.listing.end", ""));
        },
        "does not hold all of its listing");
    assertThat(shelf.facts).isEmpty();
    assertThat(shelf.waiting).containsKey("v1");
  }

  @Test
  void aPodThatCannotStartSaysWhyWhileItsJobRuns() {
    failing(pod -> End.waits("ImagePullBackOff", "no such image"), "cannot get its image");
    assertThat(jobs()).hasSize(1);
  }

  @Test
  void aQuotaThatRefusesIsTold() {
    admin
        .resource(
            new ResourceQuotaBuilder()
                .withNewMetadata()
                .withName("none")
                .withNamespace(namespace)
                .endMetadata()
                .withNewSpec()
                .addToHard("count/jobs.batch", new io.fabric8.kubernetes.api.model.Quantity("0"))
                .endSpec()
                .build())
        .create();
    soon()
        .until(
            () ->
                admin.resourceQuotas().inNamespace(namespace).list().getItems().stream()
                    .allMatch(
                        q ->
                            q.getStatus() != null
                                && q.getStatus().getHard() != null
                                && !q.getStatus().getHard().isEmpty()));
    failing(pods::wellDone, "exceeded quota");
    assertThat(jobs()).isEmpty();
  }

  @Test
  void withoutVersionsToListTheClusterIsNotAsked() {
    operator.close();
    assertThat(listings.look()).isFalse();
    assertThat(jobs()).isEmpty();
  }
}
