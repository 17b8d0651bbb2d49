package dev.errata.api.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.api.EditJob;
import dev.errata.api.Fact;
import dev.errata.api.InputException;
import dev.errata.api.facts.FactSet;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobFactsTest {
  private static final String LINE = "{\"subject\":\"Ann\",\"prompt\":\"{} is\",\"target\":\"x\"}";
  private static final Fact FACT = Fact.of("Ann", "{} is", "x");

  @TempDir private Path dir;

  private FactSet read(String facts, String... more) {
    String text =
        """
        apiVersion: errata.dev/v1alpha1
        kind: EditJob
        metadata: {name: demo}
        spec:
          model: people
          method: {type: MEMIT}
          facts: %s
        """
                .formatted(facts)
            + String.join("", more);
    Path manifest = dir.resolve("job.yaml");
    List<HasMetadata> all = Manifests.read(text, manifest.toString());
    return JobFacts.read((EditJob) all.get(0), manifest, all);
  }

  private String map(String body) {
    return "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: facts}\n" + body + "\n";
  }

  @Test
  void inlineFactsAreChecked() {
    assertThat(read("{inline: [{subject: Ann, prompt: '{} is', target: x}]}").facts())
        .containsExactly(FACT);
    assertThatThrownBy(
            () ->
                read(
                    "{inline: [{subject: Ann, prompt: '{} is', target: x},"
                        + " {subject: Ann, prompt: '{} is', target: z}]}"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            dir
                + "/job.yaml: spec.facts.inline[1]: contradicting facts: \"Ann is\" is to give"
                + " \"z\", but \"x\" at "
                + dir
                + "/job.yaml: spec.facts.inline[0]; keep one, or set spec.facts.contradictions:"
                + " LastWins");
    assertThat(
            read("{contradictions: LastWins, inline: [{subject: Ann, prompt: '{} is', target: y},"
                    + " {subject: Ann, prompt: '{} is', target: x}]}")
                .facts())
        .extracting(Fact::target)
        .containsExactly("x");
  }

  @Test
  void aPathStartsAtTheManifest() throws IOException {
    Path file = Files.writeString(dir.resolve("a b.jsonl"), LINE);
    assertThat(read("{uri: a b.jsonl}").facts()).containsExactly(FACT);
    assertThat(read("{uri: '" + file + "'}").facts()).containsExactly(FACT);
    assertThat(read("{uri: '" + file.toUri() + "'}").facts()).containsExactly(FACT);
    assertThatThrownBy(() -> read("{uri: none.jsonl}"))
        .isInstanceOf(InputException.class)
        .hasMessage(dir + "/none.jsonl: no such file; give the path of a facts file");
  }

  @Test
  void aLocationThatNobodyKnowsIsRefused() {
    assertThatThrownBy(() -> read("{uri: 'nowhere://bucket/facts'}"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            dir
                + "/job.yaml: spec.facts.uri: Invalid value: \"nowhere://bucket/facts\": no file"
                + " system is installed for this scheme; give a path or a file: URI");
    assertThatThrownBy(() -> read("{uri: 'file:a b'}"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("spec.facts.uri: Invalid value: \"file:a b\": not a path or URI");
  }

  @Test
  void aConfigMapOfTheSameFileIsRead() {
    String job = "{configMap: {name: facts, key: a}}";
    assertThat(read(job, map("data:\n  a: '" + LINE + "'")).facts()).containsExactly(FACT);
    String base64 = Base64.getEncoder().encodeToString(LINE.getBytes(StandardCharsets.UTF_8));
    assertThat(read(job, map("binaryData: {a: " + base64 + "}")).facts()).containsExactly(FACT);
    assertThatThrownBy(() -> read(job, map("data: {a: '{'}")))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(dir + "/job.yaml#facts/a:1, column 2: not valid JSON: ");
    assertThatThrownBy(() -> read(job, map("binaryData: {a: '%'}")))
        .isInstanceOf(InputException.class)
        .hasMessage(
            dir
                + "/job.yaml: EditJob \"demo\": spec.facts.configMap.key: Invalid value: \"a\": not"
                + " base64; use data for plain text");
    assertThatThrownBy(() -> read(job))
        .isInstanceOf(InputException.class)
        .hasMessage(
            dir
                + "/job.yaml: EditJob \"demo\": spec.facts.configMap.name: Not found: \"facts\";"
                + " add the ConfigMap to this file as a document of the same namespace");
    assertThatThrownBy(() -> read(job, map("data: {b: c}")))
        .isInstanceOf(InputException.class)
        .hasMessage(
            dir
                + "/job.yaml: EditJob \"demo\": spec.facts.configMap.key: Not found: \"a\"; add"
                + " this key to ConfigMap \"facts\"");
  }
}
