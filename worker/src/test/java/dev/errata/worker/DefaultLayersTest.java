package dev.errata.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.editing.checkpoint.store.VersionStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that name no layers, on a model that no preset was measured for. */
class DefaultLayersTest {
  private static final Pattern CHOSEN =
      Pattern.compile("layers (\\d+)-(\\d+): chosen by causal tracing of (\\d+) (facts|prompts)");

  @TempDir private Path folder;
  private Cli cli;

  @BeforeEach
  void importModel() throws IOException {
    cli = new Cli(folder.resolve("store"));
    Path source = TinyCheckpoint.writeDeep(folder.resolve("deep"), 10);
    cli.run("import", "tiny", source.toString()).exits(0);
  }

  private Path job(String settings, String more) throws IOException {
    Files.writeString(folder.resolve("facts.jsonl"), Manifest.FACTS);
    String spec = Manifest.spec("uri: facts.jsonl", settings, more);
    return Manifest.write(folder, spec.replace("tokens: 600", "tokens: 600\n    domainTokens: 0"));
  }

  private List<Integer> layers(int number) {
    List<Integer> layers = new java.util.ArrayList<>();
    VersionStore.open(cli.store())
        .version("tiny", number)
        .manifest()
        .settings()
        .path("layers")
        .forEach(layer -> layers.add(layer.asInt()));
    return layers;
  }

  @Test
  void layersAreFoundOnceByCausalTracing() throws IOException {
    Cli.Result first = cli.run("run", "-f", job("valueSteps: 2", "").toString()).exits(0);
    Matcher chosen = CHOSEN.matcher(first.err());
    assertThat(chosen.find()).as(first.err()).isTrue();
    int from = Integer.parseInt(chosen.group(1));
    assertThat(layers(1)).containsExactly(from, from + 1, from + 2, from + 3, from + 4);
    assertThat(layers(1)).allMatch(layer -> layer < 9);
    assertThat(chosen.group(3)).isEqualTo("4");

    Path kept;
    try (Stream<Path> files = Files.list(folder.resolve("store/cache/layers"))) {
      kept = files.findFirst().orElseThrow();
    }
    String found = Files.readString(kept);
    Cli.Result again = cli.run("run", "-f", job("valueSteps: 3", "").toString()).exits(0);
    assertThat(again.err()).contains("layers " + from + "-").doesNotContain("spoilt");
    assertThat(layers(2)).isEqualTo(layers(1));

    Files.writeString(kept, found.replace("\"facts\":4", "\"facts\":5"));
    Cli.Result spoilt = cli.run("run", "-f", job("valueSteps: 4", "").toString()).exits(0);
    assertThat(spoilt.err()).contains(kept + " is spoilt and made again");
    assertThat(Files.readString(kept)).isEqualTo(found);
    assertThat(layers(3)).isEqualTo(layers(1));
  }

  @Test
  void aJobThatNamesLayersIsNotTraced() throws IOException {
    Cli.Result named = cli.run("run", "-f", job("layers: [2, 3]", "").toString()).exits(0);
    assertThat(named.err()).doesNotContain("causal tracing");
    assertThat(layers(1)).containsExactly(2, 3);
    assertThat(folder.resolve("store/cache/layers")).doesNotExist();
  }
}
