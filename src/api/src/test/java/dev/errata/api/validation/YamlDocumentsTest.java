package dev.errata.api.validation;

import static dev.errata.api.validation.ManifestsTest.JOB;
import static dev.errata.api.validation.ManifestsTest.job;
import static dev.errata.api.validation.ManifestsTest.problems;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.facts.FactFormat;
import dev.errata.api.resource.EditJobSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class YamlDocumentsTest {
  /** What kubectl makes of a scalar, and what the API server says to it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "statistics: {tokens: 1e3}|",
        "statistics: {tokens: 1000.0}|",
        "seed: 1_0|",
        "seed: -0x1F|",
        "seed: 017|",
        "managedBy: !!str a/3|",
        "suspend: Off|",
        "workers: {resources: {limits: {cpu: '1.5', memory: 8Gi, nvidia.com/gpu: 1}}}|",
        "workers: {resources: {limits: {cpu: x}}}|f:11: EditJob \"demo\":"
            + " spec.workers.resources.limits.cpu: Invalid value: \"x\":"
            + " spec.workers.resources.limits.cpu in body should match"
            + " '^[+-]?([0-9]+([.][0-9]*)?'OR'[.][0-9]+)(([KMGTPE]i)'OR'[numkMGTPE]'OR'"
            + "[eE][+-]?[0-9]+)?$'",
        "workers: {resources: {limits: {cpu: 1.5}}}|f:11: EditJob \"demo\":"
            + " spec.workers.resources.limits.cpu: Invalid value: \"number\":"
            + " spec.workers.resources.limits.cpu in body must be of type integer or string:"
            + " \"number\"",
        "workers: {count: -.5}|f:11: EditJob \"demo\": spec.workers.count: Invalid value:"
            + " \"number\": spec.workers.count in body must be of type integer: \"number\"",
        "seed: 1e999999999|f:11: EditJob \"demo\": spec.seed: Invalid value: \"number\":"
            + " spec.seed in body must be of type integer: \"number\"",
        "seed: 99999999999999999999|f:11: EditJob \"demo\": spec.seed: Invalid value: Numeric value"
            + " (99999999999999999999) out of range of long (-9223372036854775808 -"
            + " 9223372036854775807)",
        "seed: 12:30|f:11: EditJob \"demo\": spec.seed: Invalid value: \"string\": spec.seed in"
            + " body must be of type integer: \"string\"",
        "seed: 2020-01-01|f:11: EditJob \"demo\": spec.seed: Invalid value: \"string\": spec.seed"
            + " in body must be of type integer: \"string\"",
        "seed: !!int x|f:11:9: not valid YAML: \"x\" is not a number",
        "backoffLimit: '3'|f:11: EditJob \"demo\": spec.backoffLimit: Invalid value: \"string\":"
            + " spec.backoffLimit in body must be of type integer: \"string\"",
        "ttlSecondsAfterFinished: 99999999999|f:11: EditJob \"demo\": spec.ttlSecondsAfterFinished:"
            + " Invalid value: 99999999999: spec.ttlSecondsAfterFinished in body should be less"
            + " than or equal to 2147483647",
      })
  void scalarsAreReadAsKubectlDoes(String line, String message) {
    String text = JOB + "  " + line + "\n";
    if (message == null) {
      assertThat(job(text)).isNotNull();
    } else {
      assertThat(problems(text)).containsExactly(message.replace("'OR'", "|"));
    }
  }

  @Test
  void malformedYamlNamesLineAndColumn() {
    assertThat(problems("a: b: c"))
        .containsExactly("f:1:5: not valid YAML: mapping values are not allowed here");
    assertThat(problems("a:\n\t- b"))
        .singleElement()
        .asString()
        .startsWith("f:2:1: not valid YAML: found character '\\t");
    assertThat(problems("a: 1\nb: 2\na: 3"))
        .containsExactly("f:3:1: not valid YAML: the key \"a\" is there twice; remove one");
    assertThat(problems("a: &a [*a]")).singleElement().asString().contains("not valid YAML");
    assertThat(problems("a: ${")).singleElement().asString().startsWith("f:");
    assertThat(problems("")).containsExactly("f: holds no resource; write an EditJob");
  }

  @Test
  void aBombOfAnchorsIsRefused() {
    StringBuilder text = new StringBuilder("a0: &a0 [x, x]\n");
    for (int i = 1; i < 40; i++) {
      text.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
    }
    assertThat(problems(text.toString()))
        .singleElement()
        .asString()
        .contains("nested too deeply or too large");
  }

  @Test
  void mergeKeysAreRead() {
    EditJobSpec spec =
        job(
            JOB.replace(
                "facts:\n    uri: facts.jsonl",
                "facts:\n    <<: {uri: a, format: ZsRE}\n    uri: b"));
    assertThat(spec.facts().uri()).isEqualTo("b");
    assertThat(spec.facts().format()).isEqualTo(FactFormat.ZsRE);
  }
}
