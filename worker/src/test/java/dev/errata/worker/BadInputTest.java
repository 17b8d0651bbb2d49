package dev.errata.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each ends with exit code 2, one clear message and an unchanged store. */
class BadInputTest {
  @TempDir private Path folder;
  private Cli cli;
  private List<String> before;

  @BeforeEach
  void importModel() throws IOException {
    cli = new Cli(folder.resolve("store"));
    Path source = TinyCheckpoint.write(folder.resolve("tiny"));
    cli.run("import", "tiny", source.toString()).exits(0);
    cli.run("models").exits(0);
    before = tree();
  }

  private List<String> tree() throws IOException {
    try (Stream<Path> files = Files.walk(cli.store())) {
      return files.map(Path::toString).sorted().toList();
    }
  }

  private void refused(Cli.Result result, String... parts) throws IOException {
    result.exits(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).startsWith("errata: ").contains(parts).doesNotContain("\tat ");
    assertThat(tree()).isEqualTo(before);
  }

  private void refusedJob(String manifest, String... parts) throws IOException {
    Path file = Manifest.write(folder, manifest);
    refused(cli.run("run", "-f", file.toString()), parts);
  }

  private void refusedFacts(String facts, String... parts) throws IOException {
    Files.writeString(folder.resolve("facts.jsonl"), facts);
    refusedFile(parts);
  }

  private void refusedFile(String... parts) throws IOException {
    refusedJob(Manifest.spec("uri: facts.jsonl", "layers: [1]", ""), parts);
  }

  @Test
  void malformedYaml() throws IOException {
    refusedJob("spec: [1,\n  }", "job.yaml:2");
  }

  @Test
  void unknownField() throws IOException {
    refusedJob(
        Manifest.spec("uri: facts.jsonl", "layerz: [1]", ""),
        "job.yaml:13: EditJob \"small\": spec.method.memit.layerz: unknown field",
        "did you mean");
  }

  @Test
  void schemaViolation() throws IOException {
    refusedJob(
        Manifest.spec("uri: facts.jsonl", "valueSteps: 0", ""),
        "spec.method.memit.valueSteps",
        "1");
  }

  @Test
  void ruleViolation() throws IOException {
    refusedJob(
        Manifest.spec("uri: facts.jsonl", "lambda: 3", ""),
        "at most one of lambda, residualShare may be set");
  }

  @Test
  void promptsWithoutOneSlot() throws IOException {
    refusedFacts(
        """
        {"subject":"A","prompt":"is","target":"B"}
        {"subject":"A","prompt":"{} and {} are","target":"B"}
        """,
        "facts.jsonl:1: prompt: ",
        "facts.jsonl:2: prompt: ");
  }

  @Test
  void emptySubjectAndTarget() throws IOException {
    refusedFacts(
        """
        {"subject":" ","prompt":"{} is","target":"B"}
        {"subject":"A","prompt":"{} is","target":""}
        """,
        "facts.jsonl:1: subject: must not be empty",
        "facts.jsonl:2: target: must not be empty");
  }

  @Test
  void contradictingFacts() throws IOException {
    refusedFacts(
        """
        {"subject":"A","prompt":"{} is","target":"B"}
        {"subject":"A","prompt":"{} is","target":"C"}
        """,
        "facts.jsonl:2: contradicting facts",
        "facts.jsonl:1");
  }

  @Test
  void factsLongerThanTheContext() throws IOException {
    String words = "many words and ".repeat(40);
    refusedFacts(
        """
        {"subject":"A","prompt":"%s {} is","target":"B"}
        {"subject":"A","prompt":"{} is","target":"B"}
        {"subject":"C","prompt":"{} is","target":"%s D"}
        """
            .formatted(words, words),
        "facts.jsonl:1: prompt and target take ",
        "facts.jsonl:3: prompt and target take ",
        "the model's context has 128; shorten the fact");
  }

  @Test
  void factsThatAreNotUtf8() throws IOException {
    byte[] latin =
        "{\"subject\":\"\u00c9va\",\"prompt\":\"{} is\",\"target\":\"B\"}"
            .getBytes(StandardCharsets.ISO_8859_1);
    Files.write(folder.resolve("facts.jsonl"), latin);
    refusedJob(Manifest.spec("uri: facts.jsonl", "layers: [1]", ""), "facts.jsonl:1: ", "UTF-8");
  }

  @Test
  void missingFacts() throws IOException {
    refusedJob(
        Manifest.spec("uri: nowhere.jsonl", "layers: [1]", ""), "nowhere.jsonl: no such file");
  }

  @Test
  void layerOutOfRange() throws IOException {
    Files.writeString(folder.resolve("facts.jsonl"), Manifest.FACTS);
    refusedJob(
        Manifest.spec("uri: facts.jsonl", "layers: [1, 7]", ""),
        "errata: spec.method.memit.layers: layer 7 is out of range: the model has layers 0 to 3");
  }

  @Test
  void missingCorpus() throws IOException {
    Files.writeString(folder.resolve("facts.jsonl"), Manifest.FACTS);
    String spec = Manifest.spec("uri: facts.jsonl", "layers: [1]", "");
    refusedJob(spec.replace("tokens: 600", "corpus: nowhere.txt"), "nowhere.txt: no such file");
  }

  @Test
  void corpusWithoutText() throws IOException {
    Files.writeString(folder.resolve("facts.jsonl"), Manifest.FACTS);
    Files.writeString(folder.resolve("blank.txt"), " \n\n \n");
    String spec = Manifest.spec("uri: facts.jsonl", "layers: [1]", "");
    refusedJob(
        spec.replace("tokens: 600", "corpus: blank.txt"),
        "blank.txt: no text in it; give more text");
    Files.createDirectory(folder.resolve("nothing"));
    refusedJob(spec.replace("tokens: 600", "corpus: nothing"), "nothing");
  }

  /** Files of a gigabyte, of which only the start takes room. */
  @Test
  void hugeFacts() throws IOException {
    StringBuilder facts = new StringBuilder();
    for (int i = 0; i <= 100_000; i++) {
      facts.append("{\"subject\":\"S").append(i).append("\",");
      facts.append("\"prompt\":\"{} is\",\"target\":\"B\"}\n");
    }
    huge(facts.toString());
    refusedFile("facts.jsonl:100001: more than 100,000 facts; split");
    huge("");
    refusedFile("facts.jsonl:1: the line is longer than 1048576 characters");
    String padded =
        "{\"subject\":\"S%d\",\"prompt\":\"{} is\",\"target\":\"B\",\"paraphrases\":[\"%s\"]}\n";
    StringBuilder wide = new StringBuilder();
    for (int i = 0; i < 300; i++) {
      wide.append(padded.formatted(i, "x".repeat(1_000_000)));
    }
    huge(wide.toString());
    refusedFile("more than 268,435,456 characters of facts; split");
    String format = "uri: facts.jsonl\n    format: CounterFact";
    Files.writeString(
        folder.resolve("facts.jsonl"), "[{\"case_id\":[" + "1,".repeat(9_000_000) + "1]}]");
    refusedJob(
        Manifest.spec(format, "layers: [1]", ""),
        "facts.jsonl: record 1 is longer than 16,777,216 characters");
  }

  private void huge(String start) throws IOException {
    Path file = folder.resolve("facts.jsonl");
    Files.writeString(file, start);
    try (RandomAccessFile facts = new RandomAccessFile(file.toFile(), "rw")) {
      facts.setLength(1L << 30);
    }
  }

  @Test
  void unknownModel() throws IOException {
    refused(cli.run("versions", "tinny"), "no model 'tinny'", "did you mean 'tiny'?");
    refused(cli.run("show", "tiny@v4"), "model 'tiny' has no version v4; it has v0");
    refused(cli.run("show", "tiny@x"), "write v0, v1, …, current, latest or base");
  }

  @Test
  void pickledWeights() throws IOException {
    Path pickle = Files.createDirectory(folder.resolve("pickle"));
    Files.writeString(pickle.resolve("pytorch_model.bin"), "x");
    refused(cli.run("import", "p", pickle.toString()), "pytorch_model.bin");
  }

  @Test
  void truncatedCheckpoint() throws IOException {
    Path file = folder.resolve("tiny/model.safetensors");
    try (RandomAccessFile weights = new RandomAccessFile(file.toFile(), "rw")) {
      weights.setLength(weights.length() - 10);
    }
    refused(cli.run("import", "cut", folder.resolve("tiny").toString()), "truncated");
  }

  @Test
  void unknownFamily() throws IOException {
    Path config = folder.resolve("tiny/config.json");
    Files.writeString(config, Files.readString(config).replace("\"llama\"", "\"mamba\""));
    refused(cli.run("import", "other", folder.resolve("tiny").toString()), "mamba", "llama");
  }

  @Test
  void wrongShapes() throws IOException {
    Path config = folder.resolve("tiny/config.json");
    Files.writeString(
        config, Files.readString(config).replaceAll("(intermediate_size\" : )64", "$148"));
    refused(cli.run("import", "other", folder.resolve("tiny").toString()), "mlp.");
  }

  @Test
  void wrongArguments() throws IOException {
    Cli.Result result = cli.run("ask", "tiny@v0");
    result.exits(2);
    assertThat(result.err()).contains("PROMPT");
    assertThat(tree()).isEqualTo(before);
  }
}
