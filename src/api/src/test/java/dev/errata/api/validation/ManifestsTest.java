package dev.errata.api.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.EditJob;
import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.api.Model;
import dev.errata.api.facts.FactFormat;
import dev.errata.api.facts.OnContradiction;
import dev.errata.api.resource.EditJobSpec;
import dev.errata.api.resource.Gate;
import dev.errata.api.resource.Method;
import dev.errata.api.resource.Metric;
import dev.errata.api.resource.OnConflict;
import dev.errata.api.resource.Promotion;
import dev.errata.api.resource.Suite;
import dev.errata.api.resource.WorkerToleration;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ManifestsTest {
  static final String JOB =
      """
      apiVersion: errata.dev/v1alpha1
      kind: EditJob
      metadata:
        name: demo
      spec:
        model: people
        facts:
          uri: facts.jsonl
        method:
          type: MEMIT
      """;

  static EditJobSpec job(String text) {
    return ((EditJob) Manifests.read(text, "f").get(0)).getSpec();
  }

  static List<String> problems(String text) {
    InputException e = catchThrowableOfType(InputException.class, () -> Manifests.read(text, "f"));
    assertThat(e).as("nothing was refused").isNotNull();
    return e.problems();
  }

  static Stream<Path> samples() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("../../deploy/samples"))) {
      return files.filter(f -> f.toString().endsWith(".yaml")).toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("samples")
  void everySampleIsTaken(Path sample) {
    assertThat(Manifests.read(sample)).isNotEmpty();
  }

  @Test
  void defaultsAreThoseOfTheCrd() {
    EditJobSpec spec = job(JOB);
    assertThat(spec.from()).isEqualTo("Current");
    assertThat(spec.onConflict()).isEqualTo(OnConflict.Rebase);
    assertThat(spec.promotion()).isEqualTo(Promotion.Automatic);
    assertThat(spec.facts().format()).isEqualTo(FactFormat.Jsonl);
    assertThat(spec.facts().contradictions()).isEqualTo(OnContradiction.Refuse);
    assertThat(spec.statistics().corpus()).isEqualTo("Self");
    assertThat(spec.evaluation().suites()).isNull();
    assertThat(spec.workers().count()).isEqualTo(1);
    assertThat(spec.suspend()).isFalse();
    assertThat(spec.backoffLimit()).isEqualTo(6);
    assertThat(spec.seed()).isZero();
    assertThat(spec.method()).isEqualTo(new Method(Method.Type.MEMIT, null, null, true));
  }

  @Test
  void everyFieldIsRead() {
    List<HasMetadata> all =
        Manifests.read(
            """
            apiVersion: errata.dev/v1alpha1
            kind: Model
            metadata: {name: people, namespace: lab, labels: {team: a}}
            spec:
              source: {uri: ./base}
              storage: {claim: models}
              current: v3
            ---
            # only a comment
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: facts}
            data:
              facts.jsonl: "{}"
            ---
            apiVersion: errata.dev/v1alpha1
            kind: EditJob
            metadata: {name: all, creationTimestamp: null}
            spec:
              model: people
              from: v12
              onConflict: Fail
              facts:
                inline:
                  - {id: a, subject: Ann, prompt: "{} is", target: x, oldTarget: "y",
                     paraphrases: [Annie is], neighbourhood: [{prompt: Bo is, target: z}],
                     portability: [{prompt: Ann's is, answer: w}]}
              method:
                type: MEMIT
                memit:
                  layers: [3, 4]
                  valueLayer: 4
                  valueSteps: 25
                  learningRate: 0.5
                  clamp: 4
                  weightDecay: 1e-3
                  klFactor: 0.0625
                  lambda: 500
                  prefixes: 5
                  prefixTokens: 10
                  preserve: 5
                  refinements: 2
                  batchTokens: 4096
              statistics: {corpus: text/, tokens: 30_000}
              evaluation:
                suites: [Probability, OtherFacts]
                require: [{metric: Efficacy, minimum: 1}]
                text: held-out.txt
              promotion: Manual
              workers:
                count: 4
                image: registry/worker:1
                resources: {limits: {nvidia.com/gpu: 1, memory: 8Gi}}
                nodeSelector: {gpu: h200}
                tolerations: [{key: gpu, operator: Exists}]
                priorityClassName: low
                runtimeClassName: nvidia
              suspend: yes
              activeDeadlineSeconds: 3600
              backoffLimit: 2
              ttlSecondsAfterFinished: 60
              managedBy: kueue.x-k8s.io/multikueue
              seed: 17
            """,
            "f");
    assertThat(all).hasSize(3);
    Model model = (Model) all.get(0);
    assertThat(model.getMetadata().getNamespace()).isEqualTo("lab");
    assertThat(model.getSpec().source().uri()).isEqualTo("./base");
    assertThat(model.getSpec().storage().claim()).isEqualTo("models");
    assertThat(model.getSpec().current()).isEqualTo("v3");
    assertThat(((ConfigMap) all.get(1)).getData()).containsEntry("facts.jsonl", "{}");
    EditJobSpec spec = ((EditJob) all.get(2)).getSpec();
    assertThat(spec.facts().inline().get(0).toFact(1))
        .isEqualTo(
            new Fact(
                "a",
                "Ann",
                "{} is",
                "x",
                "y",
                List.of("Annie is"),
                List.of(new Fact.Neighbour("Bo is", "z")),
                List.of(new Fact.Question("Ann's is", "w")),
                1));
    assertThat(spec.method().memit().layers()).containsExactly(3, 4);
    assertThat(spec.method().memit().lambda()).isEqualTo(500.0);
    assertThat(spec.method().memit().weightDecay()).isEqualTo(1e-3);
    assertThat(spec.statistics().tokens()).isEqualTo(30_000L);
    assertThat(spec.evaluation().suites()).containsExactly(Suite.Probability, Suite.OtherFacts);
    assertThat(spec.evaluation().require()).containsExactly(new Gate(Metric.Efficacy, 1.0, null));
    assertThat(Metric.PrefixedExactMatch.key()).isEqualTo("prefixedExactMatch");
    assertThat(spec.workers().resources().limits().get("nvidia.com/gpu").getAmount())
        .isEqualTo("1");
    assertThat(spec.workers().tolerations().get(0).operator())
        .isEqualTo(WorkerToleration.Operator.Exists);
    assertThat(spec.suspend()).isTrue();
    assertThat(spec.managedBy()).isEqualTo("kueue.x-k8s.io/multikueue");
  }

  @Test
  void jsonIsAManifestToo() {
    assertThat(
            Manifests.read(
                "{\"apiVersion\":\"errata.dev/v1alpha1\",\"kind\":\"Model\","
                    + "\"metadata\":{\"name\":\"m\"},\"spec\":{\"source\":{\"uri\":\"x\"}}}",
                "f"))
        .singleElement()
        .isInstanceOf(Model.class);
  }

  /** One change of a good job, and the one message that it must give. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model: people|modle: people|f:6: EditJob \"demo\": spec.modle: unknown field; did you mean"
            + " \"model\"?|f:5: EditJob \"demo\": spec.model: Required value",
        "model: people|model: [a]|f:6: EditJob \"demo\": spec.model: Invalid value: \"array\":"
            + " spec.model in body must be of type string: \"array\"|",
        "model: people|model: yes|f:6: EditJob \"demo\": spec.model: Invalid value: \"boolean\":"
            + " spec.model in body must be of type string: \"boolean\"|",
        "model: people|model: A b|f:6: EditJob \"demo\": spec.model: Invalid value: \"A b\":"
            + " spec.model in body should match '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$'|",
        "name: demo|name: De mo|f:4: EditJob \"De mo\": metadata.name: Invalid value: \"De mo\": a"
            + " lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters,"
            + " '-' or '.', and must start and end with an alphanumeric character (e.g."
            + " 'example.com', regex used for validation is"
            + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')|",
        "name: demo|nam: demo|f:4: EditJob: metadata.nam: unknown field; did you mean \"name\"?"
            + "|f:3: EditJob: metadata.name: Required value: name or generateName is required",
        "name: demo|labels: {a: 1}|f:4: EditJob: metadata.labels.a: Invalid value: \"integer\":"
            + " metadata.labels.a in body must be of type string: \"integer\"|f:3: EditJob:"
            + " metadata.name: Required value: name or generateName is required",
        "name: demo|name: d123456789d123456789d123456789d123456789d123456789d|f:1: EditJob"
            + " \"d123456789d123456789d123456789d123456789d123456789d\": Invalid value:"
            + " \"object\": metadata.name must have at most 50 characters: names of pods are made"
            + " from it|",
        "uri: facts.jsonl|format: ZsRE|f:7: EditJob \"demo\": spec.facts: Invalid value:"
            + " \"object\": exactly one of inline, uri, configMap must be set|",
        "uri: facts.jsonl|{uri: a, configMap: {name: b, key: c}}|f:7: EditJob \"demo\": spec.facts:"
            + " Invalid value: \"object\": exactly one of inline, uri, configMap must be set|",
        "uri: facts.jsonl|{uri: a, format: zsre}|f:7: EditJob \"demo\": spec.facts.format:"
            + " Unsupported value: \"zsre\": supported values: \"CounterFact\", \"Jsonl\","
            + " \"MQuAKE\", \"ZsRE\"; did you mean \"ZsRE\"?|",
        "uri: facts.jsonl|inline: []|f:8: EditJob \"demo\": spec.facts.inline: Invalid value: []:"
            + " spec.facts.inline in body should have at least 1 items|",
        "uri: facts.jsonl|{format: ZsRE, inline: [{subject: a, prompt: '{}', target: b}]}|f:7:"
            + " EditJob \"demo\": spec.facts: Invalid value: \"object\": inline facts are objects"
            + " with the fields of Jsonl; remove format|",
        "uri: facts.jsonl|inline: [{subject: a, prompt: b is, target: c}]|f:8: EditJob \"demo\":"
            + " spec.facts.inline[0].prompt: Invalid value: \"string\": must hold {} exactly once,"
            + " where the subject stands|",
        "uri: facts.jsonl|inline: [{subject: a, prompt: '{} {}', target: c}]|f:8: EditJob"
            + " \"demo\": spec.facts.inline[0].prompt: Invalid value: \"string\": must hold {}"
            + " exactly once, where the subject stands|",
        "uri: facts.jsonl|inline: [{subject: '', prompt: '{}', target: c}]|f:8: EditJob \"demo\":"
            + " spec.facts.inline[0].subject: Invalid value: \"\": spec.facts.inline[0].subject in"
            + " body should match '\\S'|f:8: EditJob \"demo\": spec.facts.inline[0].subject:"
            + " Invalid value: \"\": spec.facts.inline[0].subject in body should be at least 1"
            + " chars long",
        "uri: facts.jsonl|inline: [{subject: a, prompt: '{}', target: ' '}]|f:8: EditJob \"demo\":"
            + " spec.facts.inline[0].target: Invalid value: \" \": spec.facts.inline[0].target in"
            + " body should match '\\S'|",
        "type: MEMIT|type: Memit|f:10: EditJob \"demo\": spec.method.type: Unsupported value:"
            + " \"Memit\": supported values: \"AlphaEdit\", \"MEMIT\"; did you mean \"MEMIT\"?|",
        "type: MEMIT|{type: MEMIT, alphaEdit: {l2: 1}}|f:9: EditJob \"demo\": spec.method: Invalid"
            + " value: \"object\": alphaEdit needs the type AlphaEdit|",
        "type: MEMIT|{type: AlphaEdit, memit: {lambda: 1}}|f:9: EditJob \"demo\": spec.method:"
            + " Invalid value: \"object\": lambda belongs to MEMIT; AlphaEdit has alphaEdit.l2|",
        "type: MEMIT|{type: AlphaEdit, alphaEdit: {nullSpaceShare: 0.2, nullSpaceRank: 9}}|f:9:"
            + " EditJob \"demo\": spec.method.alphaEdit: Invalid value: \"object\": at most one of"
            + " nullSpaceShare, nullSpaceRank may be set|",
        "type: MEMIT|{type: MEMIT, memit: {layers: [3, -1, 3]}}|f:9: EditJob \"demo\":"
            + " spec.method.memit.layers: Duplicate value: 3|f:9: EditJob \"demo\":"
            + " spec.method.memit.layers[1]: Invalid value: -1: spec.method.memit.layers[1] in"
            + " body should be greater than or equal to 0",
        "type: MEMIT|{type: MEMIT, memit: {valueSteps: 2.5}}|f:9: EditJob \"demo\":"
            + " spec.method.memit.valueSteps: Invalid value: \"number\":"
            + " spec.method.memit.valueSteps in body must be of type integer: \"number\"|",
        "type: MEMIT|{type: MEMIT, memit: {clamp: 0}}|f:9: EditJob \"demo\":"
            + " spec.method.memit.clamp: Invalid value: 0: spec.method.memit.clamp in body should"
            + " be greater than 0|",
        "type: MEMIT|{type: MEMIT, memit: {residualShare: 1}}|f:9: EditJob \"demo\":"
            + " spec.method.memit.residualShare: Invalid value: 1: spec.method.memit.residualShare"
            + " in body should be less than 1|",
        "type: MEMIT|{type: MEMIT, memit: {lambda: 1, residualShare: 0.4}}|f:9: EditJob \"demo\":"
            + " spec.method.memit: Invalid value: \"object\": at most one of lambda,"
            + " residualShare may be set|",
        "type: MEMIT|{type: MEMIT, memit: {layers: [3, 5], valueLayer: 4}}|f:9: EditJob \"demo\":"
            + " spec.method.memit: Invalid value: \"object\": valueLayer must not lie below an"
            + " edited layer|",
        "kind: EditJob|kind: EditJbo|f:1: EditJbo \"demo\": no matches for kind \"EditJbo\" in"
            + " version \"errata.dev/v1alpha1\"; did you mean \"EditJob\"?; Errata reads EditJob"
            + " and Model of errata.dev/v1alpha1 and ConfigMap of v1|",
        "v1alpha1|v1|f:1: EditJob \"demo\": no matches for kind \"EditJob\" in version"
            + " \"errata.dev/v1\"; Errata reads EditJob and Model of errata.dev/v1alpha1 and"
            + " ConfigMap of v1|",
      })
  void oneChangeGivesOneMessage(String from, String to, String message, String second) {
    String changed = to.startsWith("{") ? to.substring(1, to.length() - 1) : to;
    String text =
        to.startsWith("{")
            ? JOB.replace("facts:\n    " + from, "facts: " + to)
                .replace("method:\n    " + from, "method: " + to)
            : JOB.replace(from, changed);
    assertThat(text).isNotEqualTo(JOB);
    List<String> expected = second == null ? List.of(message) : List.of(message, second);
    assertThat(problems(text)).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void whatIsReadCanBeWrittenAndReadAgain() throws IOException {
    HasMetadata read = Manifests.read(JOB, "f").get(0);
    String written = new ObjectMapper().writeValueAsString(read);
    assertThat(Manifests.read(written, "g")).containsExactly(read);
    assertThat(written).doesNotContain("null");
  }

  @Test
  void gatesNeedABound() {
    String gates =
        "  evaluation: {require: [{metric: Score}, {metric: Score, minimum: 2, maximum: 1}]}\n";
    assertThat(problems(JOB + gates))
        .containsExactly(
            "f:11: EditJob \"demo\": spec.evaluation.require[0]: Invalid value: \"object\": minimum"
                + " or maximum must be set",
            "f:11: EditJob \"demo\": spec.evaluation.require[1]: Invalid value: \"object\": minimum"
                + " must not be above maximum");
  }

  @Test
  void problemsOfAllDocumentsAreToldAtOnce() {
    assertThat(
            problems(
                JOB.replace("people", "")
                    + "---\nkind: Model\n---\n- a\n---\n"
                    + JOB
                    + "---\n"
                    + JOB))
        .containsExactly(
            "f:6: EditJob \"demo\": spec.model: Required value",
            "f:12: Model: apiVersion: Required value; write apiVersion: errata.dev/v1alpha1 and"
                + " kind: EditJob or Model",
            "f:14: must be a mapping with apiVersion, kind, metadata and spec",
            "f:16: EditJob \"demo\": is there already at line 2; rename one",
            "f:27: EditJob \"demo\": is there already at line 2; rename one");
  }

  @Test
  void configMapsAreReadStrictly() {
    assertThat(
            problems(
                """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: a}
                dat: {x: y}
                ---
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: b}
                data:
                  n: 3
                """))
        .containsExactly(
            "f:4: ConfigMap \"a\": dat: unknown field; did you mean \"data\"?",
            "f:10: ConfigMap \"b\": data.n: must be a text, is 3; put it in quotes");
  }

  @Test
  void filesThatCannotBeReadAreNamed(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("job.yaml");
    assertThatThrownBy(() -> Manifests.read(file))
        .isInstanceOf(InputException.class)
        .hasMessage(file + ": no such file; give the path of a manifest");
    Files.write(file, "# a\n# é".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> Manifests.read(file))
        .isInstanceOf(InputException.class)
        .hasMessage(file + ":2: not UTF-8 (byte 0xE9 at offset 6); save the file as UTF-8");
    assertThatThrownBy(() -> Manifests.read(dir))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("cannot be read");
  }
}
