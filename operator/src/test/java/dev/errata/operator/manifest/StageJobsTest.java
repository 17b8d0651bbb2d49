package dev.errata.operator.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.EditJob;
import dev.errata.api.Model;
import dev.errata.api.resource.ModelSource;
import dev.errata.api.resource.ModelSpec;
import dev.errata.api.resource.ModelStorage;
import dev.errata.api.resource.ProgressTarget;
import dev.errata.api.resource.Stage;
import dev.errata.operator.Fixtures;
import dev.errata.operator.decide.ListOrder;
import dev.errata.operator.decide.ModelTask;
import dev.errata.operator.decide.StageOrder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StageJobsTest {
  private static final Path GOLDEN = Path.of("src/test/resources/jobs");
  private static final Installation INSTALLATION =
      new Installation("errata/worker:1", null, "errata-store", 10001L);

  @Test
  void plain() throws IOException {
    assertGolden(
        "plain.yaml",
        StageJobs.of(
            Fixtures.editJob(),
            Fixtures.model(),
            new StageOrder(Stage.Statistics, 0, 1, "v0", false),
            INSTALLATION));
  }

  @Test
  void everyOverride() throws IOException {
    EditJob job =
        Fixtures.editJob(
            "backoffLimit: 2",
            "workers:",
            "  count: 4",
            "  image: registry.example/worker:cuda",
            "  resources:",
            "    requests: {cpu: \"2\", memory: 8Gi}",
            "    limits: {nvidia.com/gpu: 1}",
            "  nodeSelector: {gpu: h200}",
            "  tolerations:",
            "    - {key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}",
            "  affinity:",
            "    nodeAffinity:",
            "      requiredDuringSchedulingIgnoredDuringExecution:",
            "        nodeSelectorTerms:",
            "          - matchExpressions:",
            "              - {key: zone, operator: In, values: [a, b]}",
            "      preferredDuringSchedulingIgnoredDuringExecution:",
            "        - weight: 10",
            "          preference:",
            "            matchExpressions:",
            "              - {key: fast, operator: Exists}",
            "  priorityClassName: high",
            "  runtimeClassName: nvidia",
            "  env:",
            "    - {name: OMP_NUM_THREADS, value: \"4\"}",
            "    - {name: TOKEN, secret: {name: s3, key: token}}",
            "  volumes:",
            "    - {name: corpora, mountPath: /corpora, claim: corpora}",
            "    - {name: keys, mountPath: /keys, secret: keys}");
    job.getMetadata()
        .setLabels(Map.of(Labels.QUEUE, "gpu", "kueue.x-k8s.io/priority-class", "low", "x", "y"));
    Model model = Fixtures.model();
    assertGolden(
        "overrides.yaml",
        StageJobs.of(job, model, new StageOrder(Stage.Values, 1, 4, "v3", false), INSTALLATION));
  }

  @Test
  void aStoreInABucket() throws IOException {
    Model named = Fixtures.model("storage: {uri: 's3://bucket/errata', secret: s3}");
    assertGolden(
        "bucket.yaml",
        StageJobs.of(
            Fixtures.editJob(),
            named,
            new StageOrder(Stage.Values, 0, 2, "v0", false),
            INSTALLATION));
    Installation buckets =
        new Installation(
            "errata/worker:1",
            null,
            "errata-store",
            "s3://bucket/all",
            "s3",
            null,
            null,
            null,
            null);
    Model model = Fixtures.model();
    assertGolden("bucket-import.yaml", StageJobs.of(model, ModelTask.IMPORT, buckets));
  }

  @Test
  void aCheckpointInAClaimOrBucket() throws IOException {
    Model model = Fixtures.model();
    ModelSource claim = new ModelSource("llama/base", "checkpoints", null);
    model.setSpec(new ModelSpec(claim, null, null));
    assertGolden("import-claim.yaml", StageJobs.of(model, ModelTask.IMPORT, INSTALLATION));
    ModelSource bucket = new ModelSource("s3://bucket/llama", null, "s3");
    model.setSpec(new ModelSpec(bucket, new ModelStorage(null, "mine", null), null));
    assertGolden("import-bucket.yaml", StageJobs.of(model, ModelTask.IMPORT, INSTALLATION));
  }

  @Test
  void progressIsToldWhereTheJobOrElseTheInstallationSays() throws IOException {
    Installation told =
        new Installation(
            "errata/worker:1",
            null,
            "errata-store",
            null,
            null,
            10001L,
            new ProgressTarget("kafka:9093", "errata-kafka"),
            null,
            null);
    StageOrder order = new StageOrder(Stage.Values, 2, 1, "v0", false);
    assertGolden("kafka.yaml", StageJobs.of(Fixtures.editJob(), Fixtures.model(), order, told));
    EditJob own = Fixtures.editJob("progress:", "  bootstrapServers: other:9092");
    assertThat(
            StageJobs.of(own, Fixtures.model(), order, told)
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .get(0)
                .getArgs())
        .contains("--kafka", "other:9092")
        .doesNotContain("--kafka-config");
  }

  @Test
  void podsOfStagesAnswerScrapesWhereTheInstallationSays() throws IOException {
    Installation scraped =
        new Installation(
            "errata/worker:1", null, "errata-store", null, null, 10001L, null, null, 9464);
    StageOrder order = new StageOrder(Stage.Values, 0, 1, "v0", false);
    assertGolden(
        "metrics.yaml", StageJobs.of(Fixtures.editJob(), Fixtures.model(), order, scraped));
    assertThat(
            StageJobs.of(Fixtures.model(), ModelTask.IMPORT, scraped)
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .get(0)
                .getPorts())
        .as("an import has no stages to tell of")
        .isEmpty();
  }

  @Test
  void tasksOfAModel() throws IOException {
    assertGolden("import.yaml", StageJobs.of(Fixtures.model(), ModelTask.IMPORT, INSTALLATION));
    assertGolden(
        "promote.yaml", StageJobs.of(Fixtures.model(), ModelTask.promote("v3", 7), INSTALLATION));
  }

  @Test
  void listingsOfVersions() throws IOException {
    ListOrder order = new ListOrder("lab", "world", "uid-world", List.of("v1", "v2"), 9);
    assertGolden("list.yaml", StageJobs.of(Fixtures.model(), order, INSTALLATION));
    Model bucket = Fixtures.model("storage: {uri: 's3://bucket/errata', secret: s3}");
    bucket.getMetadata().setLabels(Map.of(Labels.QUEUE, "cpu"));
    assertGolden("list-bucket.yaml", StageJobs.of(bucket, order.in(1), INSTALLATION));
    String name = Names.listJob(new ListOrder("lab", "m".repeat(60), "u", List.of("v1"), 1024));
    assertThat(name + "-1023").hasSizeLessThanOrEqualTo(63).matches("[a-z0-9-]+");
    assertThat(name)
        .isNotEqualTo(
            Names.listJob(new ListOrder("lab", "m".repeat(60), "u", List.of("v2"), 1024)));
  }

  @ParameterizedTest
  @CsvSource({
    "short, short-values",
    "with.dot, with-dot-",
    "a23456789012345678901234567890123456789012345678.x, a23456789012345678901234567890123456789012-",
  })
  void namesLeaveRoomForTheIndex(String owner, String begin) {
    String name = Names.stageJob(owner, Stage.Values, 0);
    assertThat(name).startsWith(begin).endsWith("-values");
    assertThat(name + "-1023").hasSizeLessThanOrEqualTo(63).matches("[a-z0-9-]+");
  }

  private static void assertGolden(String file, Job job) throws IOException {
    Path golden = GOLDEN.resolve(file);
    String text = Serialization.asYaml(job);
    if (Boolean.getBoolean("errata.golden.write")) {
      Files.createDirectories(GOLDEN);
      Files.writeString(golden, text);
    }
    assertThat(golden)
        .as("run the test with -Derrata.golden.write=true and look at the difference")
        .hasContent(text);
  }
}
