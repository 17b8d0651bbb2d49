package dev.errata.editing.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.CheckpointWriter;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MomentCacheTest {
  private static final long TOKENS = 60;

  @TempDir Path directory;

  private final List<String> notes = new ArrayList<>();
  private final Progress progress =
      new Progress() {
        @Override
        public void advance(long done, long total) {}

        @Override
        public void note(String text) {
          notes.add(text);
        }
      };

  /** Counts how often it is read. */
  private static final class Rows implements Corpus {
    private final String digest;
    private int read;

    Rows(String digest) {
      this.digest = digest;
    }

    @Override
    public String name() {
      return "rows";
    }

    @Override
    public String digest() {
      return digest;
    }

    @Override
    public Iterator<int[]> rows(long tokens) {
      read++;
      return SecondMomentsTest.rows(50, 50).iterator();
    }
  }

  private Map<Integer, double[]> get(Path model, Corpus corpus, long tokens, Integer... layers) {
    try (Checkpoint checkpoint = Checkpoint.open(model);
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU);
        Scope scope = new Scope()) {
      Map<Integer, double[]> result = new TreeMap<>();
      try (Moments moments =
          new MomentCache(directory.resolve("cache"))
              .get(checkpoint, decoder, corpus, List.of(layers), tokens, progress)) {
        for (Layer layer : moments.layers()) {
          assertThat(layer.tokens()).isEqualTo(tokens);
          assertThat(layer.ranks().get(0)).isBetween(1, (int) tokens);
          result.put(layer.index(), moments.of(layer.index(), 0).toDoubleArray());
        }
        assertThat(result.keySet()).containsExactlyInAnyOrder(layers);
      }
      return result;
    }
  }

  private List<Path> kept() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("cache"))) {
      return files.sorted().toList();
    }
  }

  @Test
  void readsWhatItKeptAndCollectsOnlyWhatIsMissing() throws IOException {
    Path model = SecondMomentsTest.golden("qwen3");
    Rows corpus = new Rows("a");
    Map<Integer, double[]> first = get(model, corpus, TOKENS, 0, 1);
    Map<Integer, double[]> again = get(model, corpus, TOKENS, 1, 0);
    assertThat(corpus.read).isEqualTo(1);
    assertThat(again.get(0)).isEqualTo(first.get(0));
    assertThat(again.get(1)).isEqualTo(first.get(1));
    Map<Integer, double[]> more = get(model, corpus, TOKENS, 1, 2);
    assertThat(corpus.read).isEqualTo(2);
    assertThat(more.get(1)).isEqualTo(first.get(1));
    assertThat(kept()).hasSize(3);
    assertThat(notes).isEmpty();
  }

  @Test
  void keepsApartWhatDiffers() {
    Path model = SecondMomentsTest.golden("qwen3");
    Rows corpus = new Rows("a");
    get(model, corpus, TOKENS, 0);
    get(model, corpus, TOKENS - 1, 0);
    get(SecondMomentsTest.golden("llama2"), corpus, TOKENS, 0);
    assertThat(corpus.read).isEqualTo(3);
    Rows other = new Rows("b");
    get(model, other, TOKENS, 0);
    assertThat(other.read).isEqualTo(1);
  }

  @Test
  void keepsMomentsBelowAnEdit() {
    Path model = SecondMomentsTest.golden("qwen3");
    Path edited = directory.resolve("edited");
    try (Checkpoint base = Checkpoint.open(model);
        Decoder decoder = Decoder.open(base, Compute.CPU);
        Scope scope = new Scope()) {
      String name = decoder.downTensor(1, 0).name();
      CheckpointWriter.write(
          base,
          edited,
          Map.of(name, Tensors.bytes(decoder.down(1).mul(1.5f))),
          StorageFiles.Reuse.COPY);
    }
    Rows corpus = new Rows("a");
    get(model, corpus, TOKENS, 0, 1, 2);
    get(edited, corpus, TOKENS, 0, 1);
    assertThat(corpus.read).isEqualTo(1);
    get(edited, corpus, TOKENS, 2);
    assertThat(corpus.read).isEqualTo(2);
  }

  @Test
  void makesASpoiltMomentAgainAndSaysSoOnce() throws IOException {
    Path model = SecondMomentsTest.golden("qwen3");
    Rows corpus = new Rows("a");
    Map<Integer, double[]> first = get(model, corpus, TOKENS, 0);
    Path file = kept().get(0).resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 3] ^= 1;
    Files.write(file, bytes);
    assertThat(get(model, corpus, TOKENS, 0).get(0)).isEqualTo(first.get(0));
    assertThat(notes).singleElement().asString().contains("layer 0").contains("spoilt");
    Files.write(file, new byte[20]);
    assertThat(get(model, corpus, TOKENS, 0).get(0)).isEqualTo(first.get(0));
    Files.delete(kept().get(0).resolve("config.json"));
    assertThat(get(model, corpus, TOKENS, 0).get(0)).isEqualTo(first.get(0));
    assertThat(notes).hasSize(3);
    assertThat(corpus.read).isEqualTo(4);
    get(model, corpus, TOKENS, 0);
    assertThat(corpus.read).isEqualTo(4);
  }

  @Test
  void readsWhatItOpenedThoughItsFilesAreDeleted() throws IOException {
    Rows corpus = new Rows("a");
    Path model = SecondMomentsTest.golden("qwen3");
    double[] expected = get(model, corpus, TOKENS, 1).get(1);
    try (Checkpoint checkpoint = Checkpoint.open(model);
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU);
        Scope scope = new Scope();
        Moments moments =
            new MomentCache(directory.resolve("cache"))
                .get(checkpoint, decoder, corpus, List.of(1), TOKENS, progress)) {
      StorageFiles.deleteTree(directory.resolve("cache"));
      assertThat(moments.of(1, 0).toDoubleArray()).isEqualTo(expected);
    }
  }

  @Test
  void theMeanWithOtherTextCountsBothAlikeHoweverLongTheyAre() throws IOException {
    Path model = SecondMomentsTest.golden("qwen3");
    List<int[]> rows = SecondMomentsTest.rows(5);
    MomentCache cache = new MomentCache(directory.resolve("cache"));
    try (Checkpoint checkpoint = Checkpoint.open(model);
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU);
        Scope scope = new Scope();
        Moments one = cache.get(checkpoint, decoder, new Rows("a"), List.of(1), TOKENS, progress);
        Moments mean = cache.meansWith(one, "text", decoder, rows, 4, progress);
        Moments again = cache.meansWith(one, "text", decoder, List.of(), 4, progress)) {
      double[] a = one.of(1, 0).toDoubleArray();
      double[] b =
          SecondMoments.collect(decoder, rows.iterator(), List.of(1), 4, progress)
              .get(1)
              .matrix()
              .toDoubleArray();
      double[] expected = new double[a.length];
      Arrays.setAll(expected, i -> (a[i] + b[i]) / 2);
      assertThat(mean.of(1, 0).toDoubleArray()).containsExactly(expected, within(1e-15));
      assertThat(again.of(1, 0).toDoubleArray()).isEqualTo(mean.of(1, 0).toDoubleArray());
      Layer known = mean.layers().iterator().next();
      assertThat(known.tokens()).isEqualTo(TOKENS + 4);
      assertThat(known.routed()).containsExactly(TOKENS + 4);
    }
  }
}
