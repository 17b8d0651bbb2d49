package dev.errata.editing.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.Checkpoint;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Compute;
import dev.errata.editing.torch.Scope;
import dev.errata.editing.torch.Tensors;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnfinishedTest {
  private static final long TOKENS = 120;
  private static final int BUDGET = 20;

  @TempDir private Path folder;

  /** Stands for a kill. */
  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Notes where a pass begins, and dies where it is told to. */
  private static final class Recorder implements Progress {
    private final long deadly;
    private long first = -1;
    private final List<String> notes = new ArrayList<>();

    Recorder(long deadly) {
      this.deadly = deadly;
    }

    @Override
    public void advance(long done, long total) {
      first = first < 0 ? done : first;
      if (done >= deadly) {
        throw new Killed();
      }
    }

    @Override
    public void note(String text) {
      notes.add(text);
    }
  }

  private static Iterator<int[]> rows() {
    Random random = new Random(3);
    List<int[]> rows = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      rows.add(random.ints(1 + random.nextInt(9), 3, 90).toArray());
    }
    return rows.iterator();
  }

  private List<ByteBuffer> pass(String family, Recorder recorder) {
    try (Checkpoint checkpoint = Checkpoint.open(SecondMomentsTest.golden(family));
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU);
        Scope scope = new Scope()) {
      Unfinished unfinished = new Unfinished(folder.resolve("pass"), 0, () -> 0);
      Map<Integer, Moment> moments =
          SecondMoments.collect(
              decoder, rows(), List.of(0, 1), TOKENS, BUDGET, unfinished, recorder);
      return moments.values().stream()
          .flatMap(moment -> moment.memories().stream())
          .map(memory -> Tensors.bytes(memory.matrix()))
          .toList();
    }
  }

  private static Recorder alive() {
    return new Recorder(Long.MAX_VALUE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama2", "moe/mixtral"})
  void aKilledPassGoesOnAndEndsWithTheSameBytes(String family) throws IOException {
    List<ByteBuffer> undisturbed = pass(family, alive());
    StorageFiles.deleteTree(folder.resolve("pass"));
    assertThatThrownBy(() -> pass(family, new Recorder(50))).isInstanceOf(Killed.class);
    assertThatThrownBy(() -> pass(family, new Recorder(90))).isInstanceOf(Killed.class);
    assertThat(folder.resolve("pass").toFile().list()).hasSize(1);
    Recorder last = alive();
    assertThat(pass(family, last)).isEqualTo(undisturbed);
    assertThat(last.first).isBetween(71L, 119L);
    assertThat(last.notes).isEmpty();
  }

  @Test
  void spoiltSumsAreToldAndCountedAgain() throws IOException {
    List<ByteBuffer> undisturbed = pass("llama2", alive());
    StorageFiles.deleteTree(folder.resolve("pass"));
    assertThatThrownBy(() -> pass("llama2", new Recorder(50))).isInstanceOf(Killed.class);
    try (Stream<Path> files = Files.walk(folder.resolve("pass"))) {
      Path sums = files.filter(f -> f.endsWith("model.safetensors")).findFirst().orElseThrow();
      try (RandomAccessFile file = new RandomAccessFile(sums.toFile(), "rw")) {
        long last = file.length() - 1;
        file.seek(last);
        int spoilt = file.read() ^ 1;
        file.seek(last);
        file.write(spoilt);
      }
    }
    Recorder again = alive();
    assertThat(pass("llama2", again)).isEqualTo(undisturbed);
    assertThat(again.first).isZero();
    assertThat(again.notes)
        .singleElement()
        .asString()
        .endsWith("its values are not those that were written; counted again");
  }

  @Test
  void sampledTextIsKeptAndSpoiltTextSampledAgain() throws IOException {
    SelfText.Words words = new SelfText.Words(97, token -> token % 10 == 7);
    SelfText.Settings settings = new SelfText.Settings(List.of(1), words, Set.of(), 12, 3, 1, 5);
    try (Checkpoint checkpoint = Checkpoint.open(SecondMomentsTest.golden("llama2"));
        Decoder decoder = Decoder.open(checkpoint, Compute.CPU)) {
      Corpus corpus = new SelfText(decoder, settings).keptIn(folder, checkpoint);
      int[][] sampled = all(corpus);
      Path batch;
      try (Stream<Path> files = Files.walk(folder)) {
        batch = files.filter(f -> f.endsWith("batch-00001.json")).findFirst().orElseThrow();
      }
      byte[] kept = Files.readAllBytes(batch);
      assertThat(all(corpus)).isDeepEqualTo(sampled);
      Files.writeString(batch, new String(kept, StandardCharsets.UTF_8).replace("[[1,", "[[2,"));
      assertThat(all(corpus)).isDeepEqualTo(sampled);
      assertThat(Files.readAllBytes(batch)).isEqualTo(kept);
      Files.writeString(batch, "{\"rows\":[[1,");
      assertThat(all(corpus)).isDeepEqualTo(sampled);
    }
  }

  private static int[][] all(Corpus corpus) {
    List<int[]> rows = new ArrayList<>();
    corpus.rows(50).forEachRemaining(rows::add);
    return rows.toArray(int[][]::new);
  }
}
