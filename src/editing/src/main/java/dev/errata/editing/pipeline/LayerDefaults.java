package dev.errata.editing.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.Fact;
import dev.errata.api.Progress;
import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.Sha256;
import dev.errata.editing.checkpoint.StorageFiles;
import dev.errata.editing.checkpoint.Tokenizer;
import dev.errata.editing.locate.LayerSearch;
import dev.errata.editing.model.Decoder;
import dev.errata.editing.torch.Compute;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * The layers of a job that names none, on a model without a preset: found by causal tracing once
 * for a checkpoint, its facts and a seed, then kept.
 *
 * @param directory where they are kept
 * @param checkpoint content address of the checkpoint
 */
record LayerDefaults(Path directory, String checkpoint, Compute compute) {
  private static final String FORMAT = "errata layers 1";
  private static final String FOUND = "found";
  private static final String DIGEST = "digest";

  /** Finds them. */
  LayerSearch.Found find(
      Decoder decoder, Tokenizer tokenizer, List<Fact> facts, long seed, Progress progress) {
    Path file = directory.resolve(key(facts, seed) + ".json");
    LayerSearch.Found found = read(file, progress);
    if (found == null) {
      progress.stage("locate", "facts");
      found = LayerSearch.search(decoder, tokenizer, facts, seed, progress);
      write(file, found);
    }
    return found;
  }

  private String key(List<Fact> facts, long seed) {
    Sha256 sha = new Sha256().line(FORMAT).line(checkpoint).line(compute.type().name());
    sha.line(Long.toString(seed));
    for (Fact fact : facts) {
      sha.line(fact.subject()).line(fact.prompt()).line(String.valueOf(fact.oldTarget()));
    }
    return sha.hex();
  }

  private static LayerSearch.Found read(Path file, Progress progress) {
    try {
      if (!Files.exists(file)) {
        return null;
      }
      JsonNode node = Workspace.JSON.readTree(Files.readAllBytes(file));
      if (node.path(DIGEST).asText().equals(Sha256.ofText(node.path(FOUND).toString()))) {
        return Workspace.JSON.treeToValue(node.get(FOUND), LayerSearch.Found.class);
      }
    } catch (JsonProcessingException e) {
      // Told below, as every other damage.
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
    progress.note(file + " is spoilt and made again");
    return null;
  }

  private static void write(Path file, LayerSearch.Found found) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.set(FOUND, Workspace.JSON.valueToTree(found));
    node.put(DIGEST, Sha256.ofText(node.path(FOUND).toString()));
    try {
      Files.createDirectories(file.getParent());
      StorageFiles.write(file, Workspace.JSON.writeValueAsBytes(node));
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  /** One line for people: which and why. */
  static String told(LayerSearch.Found found) {
    return String.format(
        Locale.ROOT,
        "layers %d-%d: chosen by causal tracing of %d %s (probability of the answer %.3f, with a"
            + " noisy subject %.3f), since there is no preset for such a model;"
            + " spec.method.memit.layers names others",
        found.layers().get(0),
        found.layers().get(found.layers().size() - 1),
        found.facts(),
        found.known() ? "facts that the model knows" : "prompts, whatever the model says",
        found.clean(),
        found.corrupted());
  }
}
