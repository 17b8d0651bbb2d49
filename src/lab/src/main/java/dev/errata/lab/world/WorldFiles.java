package dev.errata.lab.world;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.errata.api.Fact;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** Writes what a world holds, each file whole or not at all. */
public final class WorldFiles {
  private static final ObjectMapper JSON = new ObjectMapper();

  private WorldFiles() {}

  /** One fact a line, in the format {@code Jsonl}. */
  public static void facts(Path file, List<Fact> facts) throws IOException {
    lines(file, facts.stream().map(WorldFiles::record).map(JsonNode::toString));
  }

  /** Pretty-printed JSON. */
  public static void json(Path file, JsonNode content) throws IOException {
    lines(file, Stream.of(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(content)));
  }

  /** Lines that each end with a line feed, in UTF-8. */
  public static void lines(Path file, Stream<String> lines) throws IOException {
    Path target = file.toAbsolutePath();
    Path temporary =
        target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
    try {
      try (var writer = Files.newBufferedWriter(temporary, StandardCharsets.UTF_8)) {
        for (Iterator<String> each = lines.iterator(); each.hasNext(); ) {
          writer.write(each.next());
          writer.write('\n');
        }
      }
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static ObjectNode record(Fact fact) {
    ObjectNode node =
        JSON.createObjectNode()
            .put("id", fact.id())
            .put("subject", fact.subject())
            .put("prompt", fact.prompt())
            .put("target", fact.target());
    if (fact.oldTarget() != null) {
      node.put("oldTarget", fact.oldTarget());
    }
    if (!fact.paraphrases().isEmpty()) {
      ArrayNode paraphrases = node.putArray("paraphrases");
      fact.paraphrases().forEach(paraphrases::add);
    }
    if (!fact.neighbourhood().isEmpty()) {
      ArrayNode neighbours = node.putArray("neighbourhood");
      fact.neighbourhood()
          .forEach(n -> neighbours.addObject().put("prompt", n.prompt()).put("target", n.target()));
    }
    return node;
  }
}
