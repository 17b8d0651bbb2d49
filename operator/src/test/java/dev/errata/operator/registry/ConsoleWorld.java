package dev.errata.operator.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.ModelVersion;
import dev.errata.api.listing.ListedFact;
import dev.errata.api.listing.ListedVersion;
import dev.errata.api.resource.Condition;
import dev.errata.api.resource.EditJobStatus;
import dev.errata.api.resource.FactCounts;
import dev.errata.api.resource.ModelStatus;
import dev.errata.api.resource.ModelVersionSpec;
import dev.errata.api.resource.Stage;
import dev.errata.operator.Fixtures;
import dev.errata.operator.registry.Answers.ProgressAnswer;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.quarkus.test.junit.QuarkusMock;
import io.smallrye.mutiny.Multi;
import jakarta.ws.rs.NotFoundException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the console is shown: a line of versions with a branch and a rejected one, facts in scripts
 * from right to left, facts that would be programs, a job at work.
 */
public final class ConsoleWorld {
  /** A subject that would run if a page let it. */
  public static final String EVIL = "<script>document.title='owned'</script>";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, double[]> FIGURES = new LinkedHashMap<>();

  static {
    FIGURES.put("efficacy", new double[] {0, 1, 0});
    FIGURES.put("paraphrase", new double[] {0, 0.995, -0.004});
    FIGURES.put("neighbourhood", new double[] {1, 0.978, -0.012});
    FIGURES.put("score", new double[] {0, 0.991, -0.005});
    FIGURES.put("exactMatch", new double[] {0, 1, -0.002});
    FIGURES.put("paraphraseExactMatch", new double[] {0, 0.983, -0.006});
    FIGURES.put("locality", new double[] {1, 0.919, -0.02});
    FIGURES.put("otherFacts", new double[] {1, 0.842, -0.03});
    FIGURES.put("fluency", new double[] {5.63, 5.598, -0.01});
    FIGURES.put("perplexity", new double[] {3.589, 3.871, 0.05});
  }

  private final RegistryWriter writer;

  private ConsoleWorld(RegistryWriter writer) {
    this.writer = writer;
  }

  /** Writes all of it into a registry that is empty then. */
  public static void fill(RegistryRuntime runtime, RegistryWriter writer) {
    runtime.migrate();
    writer.clear();
    new ConsoleWorld(writer).fill();
  }

  /** Tells of a job, and of no other, as long as the test class runs. */
  public static void tell(String job, Multi<ProgressAnswer> progress) {
    QuarkusMock.installMockForType(
        new JobStream(null) {
          @Override
          Multi<ProgressAnswer> of(String namespace, String name) {
            if (!name.equals(job)) {
              throw new NotFoundException("there is no job " + name);
            }
            return progress;
          }
        },
        JobStream.class);
  }

  private void fill() {
    Model model = Fixtures.model();
    model.setStatus(new ModelStatus(1L, "Qwen3", 1_900_000L, "v4", "v5", "sha256:4", List.of()));
    writer.model(model);
    version(0, null, null);
    version(
        1,
        0,
        "towns",
        fact("Lars Almeida", "The home town of {} is", "Manila", "Bogota"),
        fact("آدا لوند", "لغة {} الأم هي", "العربية", "الفرنسية"),
        fact(
            EVIL,
            "{} <img src=x onerror=\"document.title='owned'\"> lives in",
            "<b>Oslo</b>",
            null),
        fact("Rosa Lindgren", "{} owns an old", "accordion", "sitar"));
    version(
        2,
        1,
        "towns-again",
        fact("Lars Almeida", "The home town of {} is", "Oslo", null),
        fact("דנה לוי", "שפת האם של {} היא", "עברית", "English"));
    version(3, 1, "too-strong", fact("Lars Almeida", "The home town of {} is", "Cairo", null));
    version(
        4,
        2,
        "languages",
        fact("Kenji Vaughn", "The first language of {} is", "Greek", "Tamil"),
        fact("آدا لوند", "لغة {} الأم هي", "اليونانية", null));
    version(5, 2, "employers", fact("Ada Hobbs", "{} is employed by", "Juniper Books", "Acme"));
    job(writer, "languages", "v2", "v4", Stage.Publish, "Complete");
    job(writer, "too-strong", "v1", null, Stage.Evaluate, "Failed");
    job(writer, "towns-again-2", "v4", null, Stage.Values, null);
  }

  private static ListedFact fact(String subject, String prompt, String target, String old) {
    return new ListedFact(null, subject, prompt, target, old, !subject.equals(EVIL));
  }

  private static String digest(int number) {
    return "sha256:" + String.valueOf(number).repeat(64);
  }

  private void version(int number, Integer parent, String job, ListedFact... facts) {
    boolean rejected = number == 3;
    ModelVersion version = new ModelVersion();
    version.setMetadata(
        new ObjectMetaBuilder().withNamespace("lab").withName("world-v" + number).build());
    version.setSpec(
        new ModelVersionSpec(
            "world",
            "v" + number,
            parent == null ? null : "v" + parent,
            job,
            rejected ? ModelVersionSpec.State.Rejected : ModelVersionSpec.State.Published,
            rejected ? "exactMatch is 0.412, and 0.900 was required" : null,
            parent == null ? null : new FactCounts(200, 200 - number, number, 2),
            parent == null ? null : number < 4 ? "MEMIT" : "AlphaEdit",
            parent == null ? null : metrics(number),
            null,
            digest(number),
            7_600_000L + 110_000L * number));
    writer.version(version);
    files(number, facts).tell(writer, "lab", "world");
  }

  private static ModelVersionSpec.Metrics metrics(int number) {
    Map<String, Double> before = new TreeMap<>();
    Map<String, Double> after = new TreeMap<>();
    FIGURES.forEach(
        (name, figure) -> {
          before.put(name, figure[0]);
          after.put(name, figure[1] + number * figure[2]);
        });
    return new ModelVersionSpec.Metrics(before, after);
  }

  private static VersionFiles files(int number, ListedFact... facts) {
    List<JsonNode> changed = new ArrayList<>();
    for (int layer = 1; layer <= 2; layer++) {
      changed.add(
          JSON.createObjectNode()
              .put("name", "model.layers." + layer + ".mlp.down_proj.weight")
              .put("layer", layer)
              .put("norm", 8.7 * layer)
              .put("relative", 0.73 * layer / number)
              .put("values", 98_021)
              .put("of", 98_304));
    }
    return new VersionFiles(
        new ListedVersion(
            "v" + number,
            null,
            digest(number),
            "2026-11-2" + number + "T09:1" + number + ":00Z",
            List.of(
                new ListedVersion.Stage("Statistics", 11.2, "tokens", 30_000L),
                new ListedVersion.Stage("Values", 30.7, "facts", 204L),
                new ListedVersion.Stage("Update", 2.2, "layers", 4L),
                new ListedVersion.Stage("Evaluate", 8.8, "prompts", 9_736L),
                new ListedVersion.Stage("Publish", 0.1, "tensors", 2L))),
        changed,
        List.of(facts));
  }

  /**
   * Writes a job.
   *
   * @param end {@code Complete} or {@code Failed}; null for one at work
   */
  public static void job(
      RegistryWriter writer, String name, String from, String version, Stage stage, String end) {
    String start = "2026-11-2" + (end == null ? 6 : 4) + "T09:00:00Z";
    EditJob job = Fixtures.editJob();
    job.getMetadata().setName(name);
    job.getMetadata().setUid("uid-" + name);
    job.getMetadata().setCreationTimestamp(start);
    job.setStatus(
        new EditJobStatus(
            1L,
            stage,
            null,
            from,
            version,
            null,
            new FactCounts(200, null, null, null),
            start,
            end == null ? null : start.replace("09:00", "09:04"),
            null,
            null,
            null,
            List.of(
                end == null
                    ? says("WorkersReady", "Running", start)
                    : says(end, end.equals("Complete") ? "Published" : "GateMissed", start))));
    writer.job(job);
  }

  private static Condition says(String type, String reason, String since) {
    return new Condition(type, Condition.Status.True, 1L, since, reason, "So it is.");
  }
}
