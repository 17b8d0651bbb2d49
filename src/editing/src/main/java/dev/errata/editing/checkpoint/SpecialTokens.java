package dev.errata.editing.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.errata.api.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Ids with a role, and the size of the vocabulary. {@code tokenizer_config.json} names the tokens
 * and wins; the ids of {@code config.json} and {@code generation_config.json} follow.
 *
 * @param bos begins a text; null when there is none
 * @param eos ends a text; null when there is none
 * @param pad fills up; null when there is none
 * @param stops all ids that end a generation
 * @param vocabularySize largest id plus one
 */
record SpecialTokens(
    Integer bos, Integer eos, Integer pad, Set<Integer> stops, int vocabularySize) {
  SpecialTokens {
    stops = Collections.unmodifiableSet(new TreeSet<>(stops));
  }

  static SpecialTokens read(Path directory, Path tokenizer) {
    JsonNode named = optional(directory.resolve("tokenizer_config.json"));
    JsonNode config = optional(directory.resolve(Checkpoint.CONFIG));
    JsonNode generation = optional(directory.resolve(Checkpoint.GENERATION_CONFIG));
    Set<String> wanted = new HashSet<>();
    for (String role : new String[] {"bos", "eos", "pad"}) {
      wanted.add(content(named.path(role + "_token")));
    }
    Vocabulary vocabulary = Vocabulary.read(tokenizer, wanted);
    Integer eos = id("eos", named, config, generation, vocabulary);
    Set<Integer> stops = new TreeSet<>();
    if (eos != null) {
      stops.add(eos);
    }
    addIds(config.path("eos_token_id"), stops);
    addIds(generation.path("eos_token_id"), stops);
    return new SpecialTokens(
        id("bos", named, config, generation, vocabulary),
        eos,
        id("pad", named, config, generation, vocabulary),
        stops,
        vocabulary.size);
  }

  private static JsonNode optional(Path file) {
    return Files.isRegularFile(file) ? Json.object(file) : JsonNodeFactory.instance.objectNode();
  }

  /** A token is given as a string or as an object with its content. */
  private static String content(JsonNode token) {
    return token.isObject() ? token.path("content").asText("") : token.asText("");
  }

  private static Integer id(
      String role, JsonNode named, JsonNode config, JsonNode generation, Vocabulary vocabulary) {
    Integer byName = vocabulary.ids.get(content(named.path(role + "_token")));
    if (byName != null) {
      return byName;
    }
    Set<Integer> ids = new TreeSet<>();
    addIds(config.path(role + "_token_id"), ids);
    if (ids.isEmpty()) {
      addIds(generation.path(role + "_token_id"), ids);
    }
    return ids.isEmpty() ? null : ids.iterator().next();
  }

  private static void addIds(JsonNode idOrIds, Set<Integer> ids) {
    if (idOrIds.canConvertToInt() && idOrIds.isIntegralNumber()) {
      ids.add(idOrIds.intValue());
    }
    idOrIds.forEach(id -> addIds(id, ids));
  }

  /** The part of tokenizer.json that is wanted here, streamed: large ones have 30 MB and more. */
  private static final class Vocabulary {
    /** Reads a value in the midst of a document. */
    private static final ObjectReader PART =
        Json.STRICT.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    final Map<String, Integer> ids = new HashMap<>();
    private final Set<String> wanted;
    private int size;

    private Vocabulary(Set<String> wanted) {
      this.wanted = wanted;
    }

    static Vocabulary read(Path file, Set<String> wanted) {
      Vocabulary vocabulary = new Vocabulary(wanted);
      try (JsonParser parser = Json.STRICT.getFactory().createParser(file.toFile())) {
        parser.nextToken();
        vocabulary.readRoot(parser);
        return vocabulary;
      } catch (JsonProcessingException e) {
        throw new InputException(file + ": not valid JSON: " + Json.reason(e));
      } catch (IOException e) {
        throw IoProblems.of(file, e);
      }
    }

    private void readRoot(JsonParser parser) throws IOException {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        if (field.equals("added_tokens") && value == JsonToken.START_ARRAY) {
          readAdded(PART.readTree(parser));
        } else if (field.equals("model") && value == JsonToken.START_OBJECT) {
          readModel(parser);
        } else {
          parser.skipChildren();
        }
      }
    }

    private void readAdded(JsonNode added) {
      for (JsonNode token : added) {
        add(token.path("content").asText(), token.path("id").asInt());
      }
    }

    private void readModel(JsonParser parser) throws IOException {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        if (field.equals("vocab") && value == JsonToken.START_OBJECT) {
          while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String piece = parser.currentName();
            add(piece, parser.nextIntValue(-1));
          }
        } else if (field.equals("vocab") && value == JsonToken.START_ARRAY) {
          int id = 0;
          while (parser.nextToken() == JsonToken.START_ARRAY) {
            add(parser.nextTextValue(), id++);
            while (parser.nextToken() != JsonToken.END_ARRAY) {
              parser.skipChildren();
            }
          }
        } else {
          parser.skipChildren();
        }
      }
    }

    private void add(String piece, int id) {
      size = Math.max(size, id + 1);
      if (wanted.contains(piece)) {
        ids.put(piece, id);
      }
    }
  }
}
